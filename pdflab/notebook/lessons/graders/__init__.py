"""The graders of what students write. Each takes their function, and returns a sentence for each finding."""
