"""The request for a report: key figures, then sections of text, tables and charts.

Read next: pdflab/service/jobqueue/base.py.
"""

from typing import Annotated, Literal, Self

from pydantic import FailFast, Field, model_validator

from pdflab.documents.requests.base import DocumentRequest, RequestModel
from pdflab.documents.requests.fields import Cell, Label, OneLine, Printable, Prose, ShortText, Value, Visible


class Figure(RequestModel):
    """One key figure."""

    label: Annotated[Label, Visible] = Field(description="What the figure counts; up to 60 characters.")
    value: Annotated[str, Field(max_length=40), Printable, OneLine, Visible] = Field(
        description='The value as it is printed, such as "1,240" or "99.2 %".'
    )


class Table(RequestModel):
    """A table; a column whose cells are all numbers is aligned to the right."""

    columns: list[Label] = Field(min_length=1, max_length=10, description="1 to 10 headings.")
    rows: Annotated[
        list[Annotated[list[Cell], Field(max_length=10), FailFast()]],
        Field(max_length=1_000, description="Rows; each has one cell for each column."),
        FailFast(),  # a large table may have a hundred thousand wrong cells
    ]

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        for number, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"rows.{number} has {len(row)} cells, but there are {len(self.columns)} columns"
                )
        return self


class Chart(RequestModel):
    """A chart of one series."""

    kind: Literal["bar", "line"] = Field(description="Bars or a line.")
    title: ShortText = Field(description="What it shows.")
    labels: list[Label] = Field(min_length=1, max_length=60, description="1 to 60 labels of the values.")
    values: list[Value] = Field(min_length=1, max_length=60, description="As many numbers as labels.")

    @model_validator(mode="after")
    def _labels_fit(self) -> Self:
        if len(self.labels) != len(self.values):
            raise ValueError(f"there are {len(self.labels)} labels for {len(self.values)} values")
        return self


class Section(RequestModel):
    """A section of a report: a text, a table, a chart, or all three."""

    heading: ShortText = Field(description="Up to 200 characters.")
    text: Prose = Field("", description="Paragraphs separated by blank lines; up to 50,000 characters.")
    table: Table | None = Field(None, description="A table below the text.")
    chart: Chart | None = Field(None, description="A chart below the table.")


class ReportRequest(DocumentRequest):
    """A report: key figures, then sections of text, tables and charts."""

    type: Literal["report"] = Field(description="Which document: a report.")
    title: ShortText = Field(description="Up to 200 characters.")
    subtitle: ShortText | None = Field(None, description="Up to 200 characters.")
    author: ShortText | None = Field(None, description="The author.")
    figures: list[Figure] = Field([], max_length=8, description="Up to 8 key figures.")
    sections: list[Section] = Field(min_length=1, max_length=50, description="1 to 50 sections.")
