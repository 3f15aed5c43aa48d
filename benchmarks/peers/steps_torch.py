"""PyTorch's time for one training step: the usual loop over tensors in memory, eager or compiled."""

import statistics
import time

import torch

from measured_case import arguments, report, seconds_since_start


def network(widths):
    layers = []
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        if index:
            layers.append(torch.nn.ReLU())
        layers.append(torch.nn.Linear(inputs, outputs))
    return torch.nn.Sequential(*layers)


def main():
    parser = arguments()
    parser.add_argument("--compile", action="store_true", help="torch.compile the model and its loss")
    options = parser.parse_args()
    case = options.case
    features, labels = (torch.from_numpy(array) for array in case.rows())
    model = network(case.widths)
    criterion = torch.nn.CrossEntropyLoss()

    def loss_of(inputs, targets):
        return criterion(model(inputs), targets)

    if options.compile:
        loss_of = torch.compile(loss_of)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)  # one pass over each parameter

    def step(index):
        begin = index % case.steps * case.batch
        optimizer.zero_grad()
        loss = loss_of(features[begin:begin + case.batch], labels[begin:begin + case.batch])
        loss.backward()
        optimizer.step()

    step(0)
    startup_s = seconds_since_start()
    warm = time.perf_counter() + options.seconds / 4
    index = 1
    while time.perf_counter() < warm or index < 10:
        step(index)
        index += 1
    times = []
    end = time.perf_counter() + options.seconds
    while (begin := time.perf_counter()) < end or len(times) < 10:
        step(index)
        times.append(time.perf_counter() - begin)
        index += 1
    peer = "torch compiled" if options.compile else "torch eager"
    report(case, peer, statistics.median(times) * 1e6, startup_s)


main()
