"""Cases of recurrent layers and cells, for layer_goldens.py, which gives them what makes a golden."""

import numpy as np


def recurrent(golden, only_output, sample):
    steps, one = sample(2, 4, 3), sample(3, 2)
    some = np.array([[True, False, True, True], [False, True, True, False]])
    cases = []
    for kind, states in ("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1):
        initial = [sample(2, 3 + i)[:, :3] for i in range(states)]
        cases += [
            golden(kind, {"units": 3}, steps),
            golden(kind, {"units": 2, "return_sequences": True, "go_backwards": True}, steps),
            golden(kind, {"units": 3, "return_sequences": True, "return_state": True, "unroll": True}, steps, *initial),
            golden(kind, {"units": 2, "return_sequences": True, "use_bias": False}, steps, mask=some),
            golden(kind, {"units": 2, "return_state": True, "go_backwards": True}, steps, mask=some),
            golden(kind, {"units": 2, "return_sequences": True, "zero_output_for_mask": True}, steps, mask=some),
            only_output(golden(kind, {"units": 2, "recurrent_dropout": 0.5, "dropout": 0.25}, steps)),
            golden(f"{kind}Cell", {"units": 3}, one, *[sample(3, 3 + i)[:, :3] for i in range(states)]),
            golden("RNN", {"cell": {f"{kind}Cell": {"units": 2}}, "return_sequences": True}, steps),
        ]
    cases += [
        golden("LSTM", {"units": 2, "unit_forget_bias": False, "recurrent_activation": "relu"}, steps),
        golden("GRU", {"units": 3, "reset_after": False, "return_sequences": True}, steps),
        golden("GRU", {"units": 2, "reset_after": False, "use_bias": False}, steps, mask=some),
        golden("RNN", {"cell": {"StackedRNNCells": {"cells": [{"LSTMCell": {"units": 2}}, {"GRUCell": {"units": 3}}]}},
                       "return_state": True}, steps),
        golden("RNN", {"cell": {"StackedRNNCells": {"cells": [{"SimpleRNNCell": {"units": 2}},
                                                                {"LSTMCell": {"units": 2}}]}}}, steps, mask=some),
        golden("StackedRNNCells", {"cells": [{"SimpleRNNCell": {"units": 2}}, {"LSTMCell": {"units": 3}}]}, one,
               sample(3, 2), sample(3, 3), sample(3, 4)[:, :3]),
    ]
    for mode in "concat", "sum", "mul", "ave", None:
        cases.append(golden("Bidirectional", {"layer": {"LSTM": {"units": 2, "return_sequences": True}},
                                              "merge_mode": mode}, steps))
    cases += [
        golden("Bidirectional", {"layer": {"GRU": {"units": 2}}}, steps),
        golden("Bidirectional", {"layer": {"GRU": {"units": 2, "return_sequences": True}}}, steps, mask=some),
        golden("Bidirectional", {"layer": {"SimpleRNN": {"units": 2, "return_state": True}}}, steps,
               sample(2, 2), sample(2, 3)[:, :2]),
        golden("Bidirectional", {"layer": {"LSTM": {"units": 2}}, "merge_mode": "sum", "backward_layer":
                                 {"GRU": {"units": 2, "go_backwards": True}}}, steps),
    ]
    return cases


def conv_lstms(golden, only_output, sample):
    lines, images, volumes = sample(2, 3, 5, 2), sample(2, 3, 4, 3, 2), sample(1, 2, 3, 2, 3, 1)
    return [  # without masks, which Keras cannot bring to the shape of these states on JAX
        golden("ConvLSTM1D", {"filters": 2, "kernel_size": 3}, lines),
        golden("ConvLSTM1D", {"filters": 2, "kernel_size": 2, "strides": 2, "padding": "same",
                              "return_sequences": True}, lines),
        golden("ConvLSTM1D", {"filters": 2, "kernel_size": 2, "data_format": "channels_first", "return_sequences": True,
                              "return_state": True, "go_backwards": True}, lines),
        golden("ConvLSTM1D", {"filters": 1, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}, lines,
               sample(2, 3, 1), sample(2, 3, 2)[:, :, :1]),
        only_output(golden("ConvLSTM1D", {"filters": 2, "kernel_size": 2, "dropout": 0.5, "recurrent_dropout": 0.5},
                           lines)),
        golden("ConvLSTM2D", {"filters": 2, "kernel_size": [2, 1], "unit_forget_bias": False,
                              "recurrent_activation": "hard_sigmoid"}, images),
        golden("ConvLSTM2D", {"filters": 1, "kernel_size": 2, "padding": "same", "data_format": "channels_first"},
               images),
        golden("ConvLSTM3D", {"filters": 1, "kernel_size": 2}, volumes),
    ]
