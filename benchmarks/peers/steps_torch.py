"""PyTorch's time for one training step: the usual loop over tensors in memory, eager or compiled."""

import statistics
import time

import torch

from measured_case import arguments, report, seconds_since_start


def dense(widths):
    layers = []
    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        if index:
            layers.append(torch.nn.ReLU())
        layers.append(torch.nn.Linear(inputs, outputs))
    return torch.nn.Sequential(*layers)


def cnn():
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 32, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(32, 64, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(1600, 10))


class LastStep(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = torch.nn.LSTM(64, 128, batch_first=True)
        self.head = torch.nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.steps(x)[0][:, -1])


class Block(torch.nn.Module):
    def __init__(self, width=128, heads=4):
        super().__init__()
        self.heads = heads
        self.before, self.between = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.project, self.join = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.widen, self.narrow = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)

    def forward(self, x):
        rows, places, width = x.shape
        parts = self.project(self.before(x)).view(rows, places, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = torch.nn.functional.scaled_dot_product_attention(*parts, is_causal=True)
        x = x + self.join(seen.transpose(1, 2).reshape(rows, places, width))
        return x + self.narrow(torch.nn.functional.gelu(self.widen(self.between(x))))


class Transformer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.blocks = torch.nn.Embedding(65, 128), torch.nn.Sequential(*[Block() for _ in range(4)])
        self.last, self.head = torch.nn.LayerNorm(128), torch.nn.Linear(128, 65)

    def forward(self, tokens):
        return self.head(self.last(self.blocks(self.embed(tokens)))).flatten(0, 1)


def network(case):
    return dense(case.widths) if case.widths else {"cnn": cnn, "lstm": LastStep, "transformer": Transformer}[case.network]()


def main():
    parser = arguments()
    parser.add_argument("--compile", action="store_true", help="torch.compile the model and its loss")
    options = parser.parse_args()
    case = options.case
    features, labels = (torch.from_numpy(array) for array in case.rows())
    if case.network == "cnn":
        features = features.movedim(-1, 1).contiguous()
    model = network(case)
    criterion = torch.nn.CrossEntropyLoss()

    def loss_of(inputs, targets):
        return criterion(model(inputs), targets.flatten())

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
    times, cpu_times = [], []
    end = time.perf_counter() + options.seconds
    while (begin := time.perf_counter()) < end or len(times) < 10:
        cpu_begin = time.process_time()
        step(index)
        times.append(time.perf_counter() - begin)
        cpu_times.append(time.process_time() - cpu_begin)
        index += 1
    peer = "torch compiled" if options.compile else "torch eager"
    report(case, peer, statistics.median(times) * 1e6, statistics.median(cpu_times) * 1e6, startup_s)


main()
