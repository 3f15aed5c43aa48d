// erf. Near zero x + x P(x^2); further out 1 - exp(Q(|x|)), Q fitted to log(erfc). Both are minimax
// fits of our own, and both are computed: a branch would not vectorize. Within 2 ulp (float) and
// 7 ulp (double).
#pragma once

#include "core/ops/scalar/exponential.h"

namespace TUTTI_SCALAR_NAMESPACE {

TUTTI_SCALAR float erf_of(float x) {
  const float magnitude = absolute(x);
  const float near = mul_add(x,
                             polynomial(x * x, {0.128379150f, -0.376124943f, 0.112818027f,
                                                -0.0267655652f, 4.99097745e-3f, -5.97687983e-4f}),
                             x);
  const float a = magnitude > 4.0f ? 4.0f : magnitude;  // 1 from there
  const float log_erfc =
      polynomial(a, {1.75874309e-4f, -1.12952082f, -0.633334656f, -0.108293944f, 0.0251286229f,
                     -4.17464243e-3f, 4.35218777e-4f, -2.11618989e-5f});
  const float far = copy_sign(1.0f - exp_of(log_erfc), x);
  return magnitude < 0.92f ? near : far;
}

TUTTI_SCALAR double erf_of(double x) {
  const double magnitude = absolute(x);
  const double near = mul_add(
      x,
      polynomial(x * x, {0.12837916709551257, -0.37612638903183547, 0.11283791670945252,
                         -0.026866170643276073, 5.2239776074225028e-3, -8.5483259896614156e-4,
                         1.2055295319730584e-4, -1.4924744653567651e-5, 1.6447517609499445e-6,
                         -1.6209175731923008e-7, 1.3722976770798816e-8, -7.8011918883419138e-10}),
      x);
  const double a = magnitude > 6.0 ? 6.0 : magnitude;
  const double log_erfc = polynomial(
      (a - 3.5) * 0.4,
      {-14.112437402147225, -18.165248970928156, -6.0422065928423391, -0.081650915726583878,
       0.034128407773072635, -0.014384335861183148, 5.9549645900761996e-3, -2.3716012586316346e-3,
       8.8872376378771275e-4, -3.4458270423554769e-4, 7.0005439736107824e-6, -8.2689894375584659e-5,
       1.2429023056708673e-4, 4.4614958242857720e-4, 6.4644393596596660e-4, 5.7844432004504878e-4,
       3.1947036083994715e-4, 1.0443844470757183e-4, 1.5119832048640231e-5});
  const double far = copy_sign(1.0 - exp_of(log_erfc), x);
  return magnitude < 1.0 ? near : far;
}

}  // namespace TUTTI_SCALAR_NAMESPACE
