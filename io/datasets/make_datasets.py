"""Writes iris.csv and digits.csv, the data sets that Tutti ships. Needs scikit-learn; run it here.

Iris: R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7
(1936), in scikit-learn's copy (which mends two rows of the UCI one).
Digits: the test set of E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits" (1998),
UCI Machine Learning Repository, CC BY 4.0, in scikit-learn's copy.
"""
from sklearn.datasets import load_digits, load_iris

with open("iris.csv", "w") as out:
    iris = load_iris()
    out.write("sepal_length,sepal_width,petal_length,petal_width,species\n")
    for row, label in zip(iris.data, iris.target):
        out.write(",".join(f"{value:g}" for value in row) + f",{iris.target_names[label]}\n")

with open("digits.csv", "w") as out:
    digits = load_digits()
    out.write(",".join(f"pixel_{y}_{x}" for y in range(8) for x in range(8)) + ",digit\n")
    for row, label in zip(digits.data, digits.target):
        out.write(",".join(str(int(value)) for value in row) + f",{label}\n")
