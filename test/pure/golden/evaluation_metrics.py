"""Reference values of the evaluation metrics, straight from their definitions (quadratic where the library is fast).
Run: python3 test/pure/golden/evaluation_metrics.py"""
import math

Z = 1.959963984540054


def variance(values):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - 1)


def mean_interval(values):
    mean, half = sum(values) / len(values), Z * math.sqrt(variance(values) / len(values))
    return mean, mean - half, mean + half


def wilson(k, n):
    p, d = k / n, 1 + Z * Z / n
    centre, half = (p + Z * Z / 2 / n) / d, Z * math.sqrt(p * (1 - p) / n + Z * Z / 4 / n / n) / d
    return p, max(0, centre - half), min(1, centre + half)


labels = [0, 0, 1, 1, 0, 1, 0, 1, 1, 0]
scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.2, 0.65, 0.4, 0.7]
positives = [s for l, s in zip(labels, scores) if l]
negatives = [s for l, s in zip(labels, scores) if not l]


def above(a, b):
    return 1 if a > b else 0.5 if a == b else 0


v10 = [sum(above(p, n) for n in negatives) / len(negatives) for p in positives]
v01 = [sum(above(p, n) for p in positives) / len(positives) for n in negatives]
auc = sum(v10) / len(v10)
half = Z * math.sqrt(variance(v10) / len(v10) + variance(v01) / len(v01))
print("auc", auc, auc - half, min(1, auc + half))

average_precision = previous = 0
for threshold in sorted(set(scores), reverse=True):
    hits = sum(l for l, s in zip(labels, scores) if s >= threshold)
    recall = hits / sum(labels)
    average_precision += (recall - previous) * hits / sum(s >= threshold for s in scores)
    previous = recall
print("prAuc", average_precision)

tp = sum(l and s >= 0.5 for l, s in zip(labels, scores))
fp = sum((not l) and s >= 0.5 for l, s in zip(labels, scores))
fn = sum(l and s < 0.5 for l, s in zip(labels, scores))
print("accuracy", wilson(len(labels) - fp - fn, len(labels)))
print("precision", wilson(tp, tp + fp))
print("recall", wilson(tp, tp + fn))
print("f1", 2 * tp / (2 * tp + fp + fn))
print("logLoss", mean_interval([-math.log(s if l else 1 - s) for l, s in zip(labels, scores)]))
print("brier", sum((s - l) ** 2 for l, s in zip(labels, scores)) / len(labels))
error = 0
for b in range(10):
    rows = [i for i, s in enumerate(scores) if min(9, math.floor(s * 10)) == b]
    error += abs(sum(labels[i] - scores[i] for i in rows)) / len(labels)
print("calibrationError", error)

actual, predicted = [3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0]
squared = [(a - b) ** 2 for a, b in zip(actual, predicted)]
print("mae", mean_interval([abs(a - b) for a, b in zip(actual, predicted)]))
mse = sum(squared) / 4
half = Z * math.sqrt(variance(squared) / 4 / (4 * mse))
print("rmse", math.sqrt(mse), math.sqrt(mse) - half, math.sqrt(mse) + half)
mean = sum(actual) / 4
print("r2", 1 - sum(squared) / sum((a - mean) ** 2 for a in actual))

actual, predicted = [0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1]
right = [sum(a == c == p for a, p in zip(actual, predicted)) for c in range(3)]
print("macroF1", sum(2 * right[c] / (actual.count(c) + predicted.count(c)) for c in range(3)) / 3)
print("balancedAccuracy", sum(right[c] / actual.count(c) for c in range(3)) / 3)
