"""What AWS's replacement for Model Monitor does with captured data before Evidently sees it: json.loads, split, a pandas data frame.
Without pandas: lists of floats. Prints what it measured as JSON."""
import json
import resource
import sys
import time

try:
    import pandas
except ImportError:
    pandas = None

path = sys.argv[1]
start = time.process_time()
rows = []
with open(path, encoding="utf-8") as lines:
    for line in lines:
        data = json.loads(line)["captureData"]["endpointInput"]["data"]
        for csv in data.strip().split("\n"):
            rows.append([float(cell) for cell in csv.split(",")] if pandas is None else csv.split(","))
if pandas is None:
    count = len(rows)
    means = []
    for column in zip(*rows):
        mean = sum(column) / count
        means.append(mean)
        deviation = (sum((value - mean) ** 2 for value in column) / count) ** 0.5
        low, high = min(column), max(column)
        bins = [0] * 20
        for value in column:
            bins[min(19, int((value - low) / (high - low) * 20))] += 1
    checksum = sum(means)
else:
    import numpy

    frame = pandas.DataFrame(rows).astype(float)
    count = len(frame)
    checksum = float(frame.mean().sum())
    frame.std(ddof=0), frame.min(), frame.max()
    for column in frame.columns:
        numpy.histogram(frame[column], bins=20)
print(json.dumps({
    "seconds": time.process_time() - start,
    "rows": count,
    "checksum": checksum,
    "maximumResidentMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "pandas": pandas is not None,
}))
