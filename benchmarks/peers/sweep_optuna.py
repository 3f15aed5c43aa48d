"""Optuna's and PyTorch's side of benchmarks/sweeps: prints how many trials a second, the best of one, two and four threads.

    sweep_optuna.py TRIALS
"""

import sys
import time

import optuna
import torch
from sklearn.datasets import load_iris
from sklearn.model_selection import train_test_split

EPOCHS, BATCH = 20, 10


def rows():
    x, y = load_iris(return_X_y=True)
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    parts = train_test_split(x.astype("float32"), y, test_size=0.2, random_state=1)
    return [torch.from_numpy(part) for part in parts]


def objective(trial, x, validation_x, y, validation_y):
    model = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3))
    rate = trial.suggest_float("learning_rate", 1e-4, 1e-1, log=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    loss_of = torch.nn.CrossEntropyLoss()
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x))
        for batch in order.split(BATCH):
            optimizer.zero_grad()
            loss_of(model(x[batch]), y[batch]).backward()
            optimizer.step()
        with torch.no_grad():
            logits = model(validation_x)
            loss = loss_of(logits, validation_y).item()
            accuracy = (logits.argmax(dim=1) == validation_y).float().mean().item()
        trial.report(loss, epoch + 1)
    trial.set_user_attr("val_accuracy", accuracy)
    return loss


def rate(trials, threads):
    parts = rows()
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: objective(trial, *parts), n_trials=2)  # warm
    begin = time.monotonic()
    study.optimize(lambda trial: objective(trial, *parts), n_trials=trials, n_jobs=threads)
    return trials / (time.monotonic() - begin)


def main():
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    torch.set_num_threads(1)
    print(max(rate(int(sys.argv[1]), threads) for threads in (1, 2, 4)))


if __name__ == "__main__":
    main()
