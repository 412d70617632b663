"""pdflab, a teaching lab about asynchronous PDF generation: decouple, queue, scale workers independently.

    arrivals → [ the real service | the simulation ] → job events → metrics → charts

`from pdflab.lab import Lab` drives all of it. Follow one job in ten hops, each found by one search:

    LoadPart.operate        notebook/parts/load.py          a button is pressed
    send_plan               load/generator.py               the request is sent at its planned instant
    generate_pdf            service/api/submit.py           it is checked, and answered with 202
    RedisProducer.enqueue   service/jobqueue/producer.py    record, queue and event, in one atomic step
    Recorder.run_once       service/eventlog/recorder.py    the event becomes a line of jobs.log
    Worker.run_once         service/worker/worker.py        a worker takes the job and claims it
    render                  documents/render.py             the request becomes PDF bytes
    FolderStorage.put       service/storage/folder.py       the bytes become a file, whole or not at all
    RedisConsumer.complete  service/jobqueue/consumer.py    the job ends, and the next one is claimed
    summary                 analysis/metrics.py             the events become numbers, and these a chart

Read next: pdflab/jobs.py, the words; each module names the one that follows it.
"""

__version__ = "0.1.0"
