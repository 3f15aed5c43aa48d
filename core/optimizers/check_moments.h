// What optimizers with two decaying moments share: their arguments and what these may be.
#pragma once

#include "core/base/error.h"
#include "core/optimizers/optimizer.h"

namespace tutti {

// Throws unless both betas are from 0 to below 1 and epsilon, if there is one, is 0 or more.
template <typename Options>
void check_moments(const char* where, const Options& options) {
  const auto check_beta = [&](const char* name, double beta) {
    if (!(beta >= 0 && beta < 1))
      fail(where, "{} is {}; use a number from 0 to below 1", name, beta);
  };
  check_beta("beta_1", options.beta_1);
  check_beta("beta_2", options.beta_2);
  if constexpr (requires { options.epsilon; }) {
    if (!(options.epsilon >= 0)) fail(where, "epsilon is {}; use 0 or more", options.epsilon);
  }
}

inline constexpr auto declare_moments = []<typename Builder>(Builder& builder) {
  using Options = typename Builder::Options;
  builder.argument("beta_1", &Options::beta_1, "decay of the mean of gradients")
      .argument("beta_2", &Options::beta_2, "decay of the second moment")
      .argument("epsilon", &Options::epsilon, "added to the second moment's root");
};

}  // namespace tutti
