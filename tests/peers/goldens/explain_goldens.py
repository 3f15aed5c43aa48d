"""Writes explain.json: what lime, shap and scikit-learn say of functions that tests/core/explain also knows.

Random numbers are drawn by the packages here and given to Tutti there, so that only arithmetic is compared."""

import json
import pathlib

import lime.lime_image
import lime.lime_tabular
import lime.lime_text
import numpy as np
import shap
import torch
from skimage.segmentation import quickshift
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge, lars_path

FEATURES = ["age", "income", "debt_ratio", "late_payments", "years_employed",
            "loans", "savings", "utilization", "inquiries", "rent"]


def credit_rows(count, seed):
    """A made set of applicants; the last column is 0 or 1."""
    draw = np.random.RandomState(seed)
    rows = np.stack([
        draw.uniform(20, 70, count), draw.gamma(4, 12, count), draw.beta(2, 3, count),
        draw.poisson(1, count), draw.uniform(0, 25, count), draw.poisson(2, count),
        draw.gamma(2, 10, count), draw.beta(2, 2, count), draw.poisson(1.5, count),
        draw.randint(0, 2, count)], axis=1)
    return np.round(rows, 2)


def risk(x):
    """The probability that a credit is not paid back."""
    age, income, debt, late, years, loans, savings, used, asked, rent = np.asarray(x, float).T
    score = (-1 + 0.08 * (40 - age) - 0.02 * (income - 50) + 1.2 * (debt - 0.4) + 2.5 * late
             + 0.3 * late * debt - 0.012 * years + 0.03 * loans - 0.001 * savings + 0.1 * used * used
             + 0.02 * asked + 0.05 * rent)
    return 1 / (1 + np.exp(-score))


def both(x):
    return np.stack([1 - risk(x), risk(x)], axis=1)


def pairs(explanation, label):
    return [[int(i), float(w)] for i, w in explanation.local_exp[label]]


def linear_models(draw):
    x = draw.normal(size=(14, 4))
    x[:, 3] += 0.5 * x[:, 0]
    y = x @ [1.0, -2.0, 0.0, 0.7] + 0.3 * draw.normal(size=14)
    w = draw.uniform(0.1, 1, 14)
    ridge = Ridge(alpha=0.5).fit(x, y, sample_weight=w)
    _, active, lar = lars_path(x, y, method="lar")
    _, _, lasso = lars_path(x, y, method="lasso")
    return {"x": x.tolist(), "y": y.tolist(), "weights": w.tolist(), "coefficients": ridge.coef_.tolist(),
            "intercept": ridge.intercept_, "score": ridge.score(x, y, sample_weight=w),
            "active": [int(a) for a in active], "lar": lar.T.tolist(), "lasso": lasso.T.tolist()}


def lime_weights(training, discretize, seed):
    explainer = lime.lime_tabular.LimeTabularExplainer(
        training, categorical_features=[9], discretize_continuous=discretize, random_state=seed)
    return [pairs(explainer.explain_instance(row, both, num_features=10, num_samples=20000), 1)
            for row in training]


def lime_rows(training):
    results = {"training": training.tolist(), "cases": []}
    settings = [("auto", 4, True), ("auto", 10, True), ("lasso_path", 5, True), ("none", 10, False)]
    for selection, features, discretize in settings:
        explainer = lime.lime_tabular.LimeTabularExplainer(
            training, feature_names=FEATURES, feature_selection=selection,
            categorical_features=[9], discretize_continuous=discretize, random_state=3)
        seen = []
        inner = explainer.base.explain_instance_with_data

        def spy(data, labels, distances, label, *args, **kwargs):
            seen.append(data.copy())
            return inner(data, labels, distances, label, *args, **kwargs)

        explainer.base.explain_instance_with_data = spy
        given = []

        def predict(rows):
            given.append(np.array(rows))
            return both(rows)

        told = explainer.explain_instance(training[5], predict, num_features=features, num_samples=60)
        results["cases"].append({
            "feature_selection": selection, "num_features": features, "discretize": discretize,
            "seen": np.round(seen[0], 12).tolist(), "rows": given[0].tolist(),
            "weights": pairs(told, 1), "names": [n for n, _ in told.as_list()],
            "intercept": told.intercept[1], "score": told.score, "local": float(told.local_pred[0])})
    told = {seed: lime_weights(training, False, seed) for seed in (4, 5, 6)}
    stable = [i for i in range(len(training)) if len({str([f for f, _ in t[i][:5]]) for t in told.values()}) == 1]
    results["rows"] = stable[:10]  # where the package orders its top five alike under three seeds
    results["slopes"] = [told[4][i] for i in results["rows"]]
    bins = lime_weights(training, True, 4)
    results["bins"] = [bins[i] for i in results["rows"]]
    return results


WORDS = {"good": 1.5, "bad": -2.0, "film": 0.2, "plot": -0.4, "never": -0.7}


def mood(texts):
    scores = np.array([sum(WORDS.get(w, 0) for w in t.replace(",", " ").replace(".", " ").split())
                       for t in texts])
    return np.stack([1 / (1 + np.exp(scores)), 1 / (1 + np.exp(-scores))], axis=1)


def lime_text():
    text = "A good film, never bad. The plot is a good plot"
    results = {"text": text, "cases": []}
    for bow in (True, False):
        explainer = lime.lime_text.LimeTextExplainer(random_state=1, bow=bow)
        seen = []
        inner = explainer.base.explain_instance_with_data
        explainer.base.explain_instance_with_data = (
            lambda data, *args, **kwargs: (seen.append(data.copy()), inner(data, *args, **kwargs))[1])
        texts = []
        told = explainer.explain_instance(
            text, lambda t: (texts.extend(t), mood(t))[1], num_features=5, num_samples=40)
        results["cases"].append({
            "bow": bow, "masks": np.asarray(seen[0], int).tolist(), "texts": texts[:8],
            "weights": pairs(told, 1), "intercept": told.intercept[1]})
    return results


def lime_image(draw):
    image = np.round(draw.uniform(size=(6, 6, 3)), 3)
    segments = np.repeat(np.repeat(np.arange(9).reshape(3, 3), 2, 0), 2, 1)
    weights = draw.normal(size=(6, 6, 3))

    def predict(images):
        score = np.einsum("nhwc,hwc->n", images, weights)
        return np.stack([1 / (1 + np.exp(score)), 1 / (1 + np.exp(-score))], axis=1)

    explainer = lime.lime_image.LimeImageExplainer(random_state=2)
    seen = []
    inner = explainer.base.explain_instance_with_data
    explainer.base.explain_instance_with_data = (
        lambda data, *args, **kwargs: (seen.append(data.copy()), inner(data, *args, **kwargs))[1])
    told = explainer.explain_instance(image, predict, top_labels=2, num_features=9, num_samples=50,
                                      segmentation_fn=lambda _: segments)
    picture = np.zeros((12, 12, 3))
    picture[:, :6] = [0.9, 0.2, 0.1]
    picture[:, 6:] = [0.1, 0.3, 0.8]
    picture[4:8, 4:8] = [0.2, 0.8, 0.2]
    picture = np.round(np.clip(picture + 0.02 * draw.normal(size=picture.shape), 0, 1), 3)
    return {"image": image.tolist(), "weights": weights.tolist(), "masks": seen[0].tolist(),
            "explanations": {str(l): pairs(told, l) for l in (0, 1)}, "picture": picture.tolist(),
            "shift": quickshift(picture, kernel_size=2, max_dist=6, ratio=0.2, rng=0).tolist()}


def kernel_shap(training):
    background, rows = training[:8], training[8:11]
    results = {"background": 8, "rows": 3, "cases": []}
    for link in ("identity", "logit"):
        for features in (10, 3):
            explainer = shap.KernelExplainer(risk, background, link=link)
            values = explainer.shap_values(rows, l1_reg=f"num_features({features})", silent=True)
            results["cases"].append({"link": link, "num_features": features, "values": values.tolist(),
                                     "base": float(explainer.expected_value)})
    return results


def dense(layer):
    return [layer.weight.detach().numpy().T.tolist(), layer.bias.detach().numpy().tolist()]


def deep_shap():
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.ReLU(), torch.nn.Linear(6, 5), torch.nn.Tanh(),
                              torch.nn.Linear(5, 3), torch.nn.Softmax(dim=1))
    background, rows = torch.randn(6, 4), torch.randn(3, 4)
    values = shap.DeepExplainer(net, background).shap_values(rows)
    mlp = {"weights": dense(net[0]) + dense(net[2]) + dense(net[4]), "background": background.tolist(),
           "rows": rows.tolist(), "values": values.tolist()}

    conv, last = torch.nn.Conv2d(1, 3, 3), torch.nn.Linear(12, 2)
    cnn = torch.nn.Sequential(conv, torch.nn.ReLU(), torch.nn.MaxPool2d(2), torch.nn.Flatten(), last)
    background, rows = torch.randn(4, 1, 6, 6), torch.randn(2, 1, 6, 6)
    values = shap.DeepExplainer(cnn, background).shap_values(rows)
    kernel = last.weight.detach().reshape(2, 3, 2, 2).permute(2, 3, 1, 0).reshape(12, 2)
    return {"mlp": mlp, "cnn": {
        "weights": [conv.weight.detach().permute(2, 3, 1, 0).tolist(), conv.bias.detach().tolist(),
                    kernel.tolist(), last.bias.detach().tolist()],
        "background": background.permute(0, 2, 3, 1).tolist(), "rows": rows.permute(0, 2, 3, 1).tolist(),
        "values": np.moveaxis(values, 1, 3).tolist()}}


class Scored:
    """What permutation_importance takes for an estimator."""

    def fit(self, x, y):
        return self

    def score(self, x, y):
        return -float(np.mean((risk(x) - y) ** 2))


def permutations(training):
    target = (risk(training) > 0.5).astype(float)
    found = permutation_importance(Scored(), training, target, n_repeats=4, random_state=7)
    return {"target": target.tolist(), "mean": found.importances_mean.tolist(),
            "std": found.importances_std.tolist()}


def main():
    draw = np.random.RandomState(0)
    training = credit_rows(40, 5)
    golden = {"linear": linear_models(draw), "tabular": lime_rows(training), "text": lime_text(),
              "image": lime_image(draw), "kernel_shap": kernel_shap(training), "deep_shap": deep_shap(),
              "permutation": permutations(training)}
    path = pathlib.Path(__file__).with_name("explain.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
