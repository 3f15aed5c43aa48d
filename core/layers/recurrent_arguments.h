// The arguments that SimpleRNN, LSTM, GRU, ConvLSTM and their cells share: their members and their
// declarations, each once.
#pragma once

#include "core/activations/activation.h"
#include "core/constraints/constraint.h"
#include "core/initializers/initializer.h"
#include "core/regularizers/regularizer.h"

// Members of options, in Keras's order. Macros, for an aggregate with a base has no designated
// initializers for what the base holds.
#define TUTTI_CELL_INITIALIZERS                           \
  bool use_bias = true;                                   \
  Ref<Initializer> kernel_initializer = "glorot_uniform"; \
  Ref<Initializer> recurrent_initializer = "orthogonal";  \
  Ref<Initializer> bias_initializer = "zeros"
#define TUTTI_CELL_REGULARIZERS                \
  Ref<Regularizer> kernel_regularizer = {};    \
  Ref<Regularizer> recurrent_regularizer = {}; \
  Ref<Regularizer> bias_regularizer = {}
#define TUTTI_CELL_CONSTRAINTS               \
  Ref<Constraint> kernel_constraint = {};    \
  Ref<Constraint> recurrent_constraint = {}; \
  Ref<Constraint> bias_constraint = {}
// Part of the inputs dropped, by one mask for all steps, and of the states.
#define TUTTI_CELL_DROPOUT \
  double dropout = 0;      \
  double recurrent_dropout = 0
// The outputs of all steps, not of the last alone; the last states behind the output; from the last
// step to the first; from the states that the batch before left.
#define TUTTI_RECURRENCE         \
  bool return_sequences = false; \
  bool return_state = false;     \
  bool go_backwards = false;     \
  bool stateful = false

namespace tutti {

inline constexpr auto declare_cell = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  if constexpr (requires { &O::units; }) builder.required("units", &O::units, "neurons");
  builder.argument("activation", &O::activation, "of the output; none is linear");
  if constexpr (requires { &O::recurrent_activation; })
    builder.argument("recurrent_activation", &O::recurrent_activation, "of the gates");
  builder.argument("use_bias", &O::use_bias, "whether to add a bias")
      .argument("kernel_initializer", &O::kernel_initializer, "how the kernel begins")
      .argument("recurrent_initializer", &O::recurrent_initializer,
                "how the recurrent kernel begins")
      .argument("bias_initializer", &O::bias_initializer, "how the bias begins");
  if constexpr (requires { &O::unit_forget_bias; })
    builder.argument("unit_forget_bias", &O::unit_forget_bias,
                     "whether the bias of the forget gate begins as 1");
  builder.argument("kernel_regularizer", &O::kernel_regularizer, "penalty on the kernel")
      .argument("recurrent_regularizer", &O::recurrent_regularizer,
                "penalty on the recurrent kernel")
      .argument("bias_regularizer", &O::bias_regularizer, "penalty on the bias");
  if constexpr (requires { &O::activity_regularizer; })
    builder.argument("activity_regularizer", &O::activity_regularizer,
                     "penalty on the output, divided by the rows of the batch");
  builder
      .argument("kernel_constraint", &O::kernel_constraint, "what the kernel keeps after each step")
      .argument("recurrent_constraint", &O::recurrent_constraint, "what the recurrent kernel keeps")
      .argument("bias_constraint", &O::bias_constraint, "what the bias keeps after each step")
      .argument("dropout", &O::dropout, "part of the inputs dropped")
      .argument("recurrent_dropout", &O::recurrent_dropout, "part of the states dropped");
  if constexpr (requires { &O::reset_after; })
    builder.argument("reset_after", &O::reset_after,
                     "whether the reset gate stands behind the product with the state");
  builder.argument("seed", &O::seed, "decides what is dropped; null: the job's seed does");
};

inline constexpr auto declare_recurrence = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("return_sequences", &O::return_sequences, "the outputs of all steps")
      .argument("return_state", &O::return_state, "the last states behind the output")
      .argument("go_backwards", &O::go_backwards, "from the last step to the first")
      .argument("stateful", &O::stateful, "from the states that the batch before left")
      .argument("zero_output_for_mask", &O::zero_output_for_mask,
                "0 where a step does not count, not the output before");
  if constexpr (requires { &O::unroll; })
    builder.argument("unroll", &O::unroll, "no difference: steps are always written out");
  if constexpr (requires { &O::use_cudnn; })
    builder.argument("use_cudnn", &O::use_cudnn, "no difference");
};

}  // namespace tutti
