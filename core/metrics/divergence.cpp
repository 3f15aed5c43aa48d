#include "core/metrics/divergence.h"

#include "core/losses/divergence.h"

namespace tutti::metrics {

Value KLDivergence::values(const Value& y_true, const Value& y_pred) const {
  return losses::KLDivergence().call(y_true, y_pred);
}
Value Poisson::values(const Value& y_true, const Value& y_pred) const {
  return losses::Poisson().call(y_true, y_pred);
}

TUTTI_REGISTER(Metric, KLDivergence, "KLDivergence", "sum of y_true log(y_true / y_pred)")
    .alias("kld")
    .alias("KLD")
    .alias("kullback_leibler_divergence");
TUTTI_REGISTER(Metric, Poisson, "Poisson", "mean of y_pred - y_true log(y_pred)");

}  // namespace tutti::metrics
