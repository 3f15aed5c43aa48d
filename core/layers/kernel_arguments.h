// The arguments that layers with a kernel and a bias share, declared once.
#pragma once

namespace tutti {

inline constexpr auto declare_activation = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("activation", &O::activation, "applied to the output; none is linear");
  if constexpr (requires { &O::use_bias; })
    builder.argument("use_bias", &O::use_bias, "whether to add a bias");
};

inline constexpr auto declare_kernel_and_bias = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder.argument("kernel_initializer", &O::kernel_initializer, "how the kernel begins")
      .argument("bias_initializer", &O::bias_initializer, "how the bias begins")
      .argument("kernel_regularizer", &O::kernel_regularizer, "penalty on the kernel")
      .argument("bias_regularizer", &O::bias_regularizer, "penalty on the bias");
  if constexpr (requires { &O::activity_regularizer; })
    builder.argument("activity_regularizer", &O::activity_regularizer,
                     "penalty on the output, divided by the rows of the batch");
  builder
      .argument("kernel_constraint", &O::kernel_constraint, "what the kernel keeps after each step")
      .argument("bias_constraint", &O::bias_constraint, "what the bias keeps after each step");
};

}  // namespace tutti
