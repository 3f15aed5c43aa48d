#include "launch/report/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tutti {
namespace {

using Found = std::optional<Diagnosis>;
using Values = std::vector<double>;

const Values& column(const TrainingEvidence& evidence, const std::string& name) {
  static const Values nothing;
  const auto found = evidence.history.find(name);
  return found == evidence.history.end() ? nothing : found->second;
}

bool all_finite(const Values& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

double median(Values values) {
  if (values.empty()) return std::nan("");
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Layers whose weights are trained.
std::vector<const LayerRecord*> trained_layers(const EpochRecord& epoch) {
  std::vector<const LayerRecord*> layers;
  for (const auto& layer : epoch.layers)
    if (layer.parameters > 0) layers.push_back(&layer);
  return layers;
}

double gradient_norm(const EpochRecord& epoch) {
  double squares = 0;
  for (const auto* layer : trained_layers(epoch)) squares += std::pow(layer->gradient_norm, 2);
  return std::sqrt(squares);
}

double root_mean_square(const LayerRecord& layer) {
  return layer.gradient_norm / std::sqrt(static_cast<double>(layer.parameters));
}

double largest_change(const EpochRecord& epoch) {
  double change = 0;
  for (const auto& layer : epoch.layers) change = std::max(change, layer.change);
  return change;
}

Found not_finite(const TrainingEvidence& evidence) {
  const Values& loss = column(evidence, "loss");
  for (size_t epoch = 0; epoch < loss.size(); ++epoch)
    if (!std::isfinite(loss[epoch]))
      return Diagnosis{
          "not_finite",
          fmt::format("The loss is {} from epoch {} on: nothing after it was learned.",
                      std::isnan(loss[epoch]) ? "not a number (NaN)" : "infinite", epoch + 1),
          "Divide the learning rate by ten, bound gradients with clipnorm: 1, and look for missing "
          "or huge values in the data; the TerminateOnNaN callback ends such a run at once.",
          static_cast<int64_t>(epoch) + 1};
  return {};
}

constexpr double kExploding = 100;  // inputs and weights of ordinary size give 10 at most

// The gradient beside the root of the loss: about what a prediction moves by when weights do.
double sensitivity(const EpochRecord& epoch) {
  return epoch.loss > 0 ? gradient_norm(epoch) / std::sqrt(epoch.loss) : 0;
}

Found exploding_gradients(const TrainingEvidence& evidence) {
  const auto& epochs = evidence.record.epochs;
  for (const auto& epoch : epochs) {
    const double norm = gradient_norm(epoch), first = gradient_norm(epochs[0]);
    const bool grew = std::isfinite(norm) && norm > 1e3 * first && epoch.loss > epochs[0].loss;
    const bool blew = !std::isfinite(norm) && std::isfinite(epoch.loss);
    if (!grew && !blew && !(sensitivity(epoch) >= kExploding)) continue;
    const std::string when =
        epoch.epoch == 0 ? "before the first step" : fmt::format("after epoch {}", epoch.epoch);
    return Diagnosis{
        "exploding_gradients",
        fmt::format("The gradients explode: {} their norm is {:.3g} where the loss is {:.3g}.",
                    when, norm, epoch.loss),
        "Bound them with clipnorm: 1, begin with smaller weights (glorot_uniform, he_normal), "
        "scale inputs and targets to about 1, or normalise between the layers.",
        epoch.epoch};
  }
  return {};
}

// How many epochs raise the loss by a notable part of what it was at first.
int rises(const Values& loss) {
  int count = 0;
  for (size_t i = 1; i < loss.size(); ++i) count += loss[i] - loss[i - 1] > 0.05 * loss[0];
  return count;
}

Diagnosis too_high(const std::string& sentence) {
  return {"rate_too_high", "The learning rate is too high: " + sentence,
          "Divide it by three to ten, or let it warm up and fall (a schedule such as CosineDecay, "
          "or ReduceLROnPlateau)."};
}

Found rate_too_high(const TrainingEvidence& evidence) {
  const Values& loss = column(evidence, "loss");
  const auto& epochs = evidence.record.epochs;
  if (loss.empty()) return {};
  if (epochs.size() > 1) {
    const double begin = epochs[0].loss;
    const auto finite = [](const EpochRecord& epoch) { return std::isfinite(epoch.loss); };
    const auto end = std::find_if_not(epochs.begin(), epochs.end(), finite);
    if (end != epochs.end() && end - epochs.begin() > 1 && (end - 1)->loss > 2 * begin)
      return too_high(
          fmt::format("the loss rose from {:.3g} before the first step to {:.3g}, and "
                      "beyond all numbers.",
                      begin, (end - 1)->loss));
    double best = begin, moved = 0;
    for (size_t i = 1; i < epochs.size(); ++i) {
      if (i > 1 || epochs.size() == 2) best = std::min(best, epochs[i].loss);
      moved = std::max(moved, largest_change(epochs[i]));
    }
    if (end == epochs.end() && begin > 0 && epochs.back().loss > 0.9 * begin && moved > 0.5)
      return too_high(
          fmt::format("an epoch moved the weights by {}, but the loss went from {:.3g} {} {:.3g}.",
                      moved < 10 ? fmt::format("{:.0f} % of their size", 100 * moved)
                                 : fmt::format("{:.0f} times their size", moved),
                      begin, epochs.back().loss > begin ? "up to" : "only to", epochs.back().loss));
    if (end == epochs.end() && begin > 0 && loss[0] > 10 * begin && moved > 0.5)
      return too_high(
          fmt::format("in the first epoch the loss leapt from {:.3g} to {:.3g}.", begin, loss[0]));
  }
  if (!all_finite(loss) || loss.size() < 6) return {};
  const int ups = rises(loss);
  if (ups >= 2 && ups >= 0.25 * static_cast<double>(loss.size() - 1))
    return too_high(fmt::format("the loss jumps about, it rose notably in {} of {} epochs.", ups,
                                loss.size() - 1));
  return {};
}

std::vector<Diagnosis> dead_units(const TrainingEvidence& evidence) {
  std::vector<Diagnosis> found;
  if (evidence.record.epochs.empty()) return found;
  const auto& last = evidence.record.epochs.back();
  for (size_t i = 0; i < last.layers.size(); ++i) {
    const LayerRecord& layer = last.layers[i];
    if (layer.last || layer.activation.empty() || layer.dead == 0 || 2 * layer.dead < layer.units)
      continue;
    const LayerRecord& first = evidence.record.epochs.front().layers.at(i);
    const char* since = 2 * first.dead >= layer.dead ? "Most of them were so before the first step."
                                                     : "They died during training.";
    found.push_back(
        {"dead_units",
         fmt::format("{} of the {} units of layer '{}' ({}) are dead: they give 0 for every one of "
                     "the {} rows looked at, so no gradient reaches their weights and they learn "
                     "nothing more. {}",
                     layer.dead == layer.units ? "All" : std::to_string(layer.dead), layer.units,
                     layer.layer, layer.activation, evidence.record.rows, since),
         "Use leaky_relu or elu there, begin with he_normal kernels and zero or small positive "
         "biases, or lower the learning rate."});
  }
  return found;
}

Found vanishing_gradients(const TrainingEvidence& evidence) {
  Values ratios;
  std::string first_name, last_name;
  for (const auto& epoch : evidence.record.epochs) {
    auto layers = trained_layers(epoch);
    // Most rows of an embedding are of words that no row has.
    std::erase_if(layers, [](const auto* layer) { return layer->kind == "Embedding"; });
    if (layers.size() < 3) return {};
    const double first = root_mean_square(*layers.front()), last = root_mean_square(*layers.back());
    if (last > 0 && std::isfinite(last)) ratios.push_back(first / last);
    first_name = layers.front()->layer, last_name = layers.back()->layer;
  }
  const double ratio = median(ratios);
  if (ratios.empty() || !(ratio < 1e-3)) return {};
  return Diagnosis{
      "vanishing_gradients",
      fmt::format("The gradients vanish on their way back: those of '{}' are {} those of '{}', so "
                  "the first layers hardly learn.",
                  first_name, ratio > 0 ? fmt::format("{:.1g} times", ratio) : "nothing beside",
                  last_name),
      "Use relu, elu or gelu in place of sigmoid or tanh, add residual connections or "
      "BatchNormalization, or take fewer layers."};
}

std::vector<Diagnosis> saturation(const TrainingEvidence& evidence) {
  std::vector<Diagnosis> found;
  if (evidence.record.epochs.empty()) return found;
  for (const LayerRecord& layer : evidence.record.epochs.back().layers)
    if (!layer.last && layer.saturated > 0.6)
      found.push_back(
          {"saturation",
           fmt::format("Layer '{}' is saturated: {:.0f} % of what its {} gives lies at its ends, "
                       "where it is flat and passes almost no gradient.",
                       layer.layer, 100 * layer.saturated, layer.activation),
           "Scale the inputs (standardize), begin with smaller weights, normalise before the "
           "activation, or use relu."});
  return found;
}

Found rate_too_low(const TrainingEvidence& evidence) {
  const Values& loss = column(evidence, "loss");
  const auto& epochs = evidence.record.epochs;
  if (loss.size() < 5 || epochs.size() < 2 || !all_finite(loss)) return {};
  int falls = 0;
  for (size_t i = 1; i < loss.size(); ++i) falls += loss[i] < loss[i - 1];
  double moved = 0;
  for (const auto& epoch : epochs) moved += largest_change(epoch);
  const bool steady = falls >= 0.9 * static_cast<double>(loss.size() - 1);
  const bool hardly = loss.back() > 0.85 * loss.front() && moved < 0.1;
  const bool pressed = gradient_norm(epochs.back()) > 0.5 * gradient_norm(epochs.front());
  if (!steady || !hardly || !pressed) return {};
  return Diagnosis{
      "rate_too_low",
      fmt::format("The learning rate is too low: in {} epochs the loss fell, without a pause, only "
                  "from {:.3g} to {:.3g}, and the weights moved by {:.1g} % in all.",
                  loss.size(), loss.front(), loss.back(), 100 * moved),
      "Multiply it by three to ten until the loss falls quickly, or train for longer."};
}

// Means of an epoch and its neighbours: one odd epoch does not turn a curve.
Values smoothed(const Values& values) {
  Values means;
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t from = i > 0 ? i - 1 : 0, to = std::min(i + 2, values.size());
    double sum = 0;
    for (size_t k = from; k < to; ++k) sum += values[k];
    means.push_back(sum / static_cast<double>(to - from));
  }
  return means;
}

Found overfitting(const TrainingEvidence& evidence) {
  const Values &loss = column(evidence, "loss"), &raw = column(evidence, "val_loss");
  if (raw.size() < 5 || loss.size() != raw.size() || !all_finite(loss) || !all_finite(raw))
    return {};
  const Values validated = smoothed(raw);
  const auto least = std::min_element(validated.begin(), validated.end());
  const auto turn = static_cast<size_t>(least - validated.begin());
  const double rise = validated.back() - *least, fall = validated.front() - *least;
  if (turn + 3 > loss.size()) return {};
  const bool rose = rise > 0.2 * std::abs(*least) && rise > 0.1 * fall;
  const bool fell_on = loss.back() < 0.9 * loss[turn];
  if (!rose || !fell_on) return {};
  return Diagnosis{
      "overfitting",
      fmt::format(
          "The model overfits from about epoch {} on: the validation loss was {:.3g} there "
          "and is {:.3g} at the end, while the training loss fell on from {:.3g} to {:.3g}.",
          turn + 1, raw[turn], raw.back(), loss[turn], loss.back()),
      "Stop there (early stopping with restore_best_weights: true), give it more or augmented "
      "data, "
      "add Dropout or an L2 regularizer, or take a smaller model.",
      static_cast<int64_t>(turn) + 1};
}

Found class_imbalance(const TrainingEvidence& evidence) {
  const auto fewer = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto& classes = evidence.classes;
  if (classes.size() < 2) return {};
  const auto [least, most] = std::minmax_element(classes.begin(), classes.end(), fewer);
  if (most->second < 8 * std::max<int64_t>(least->second, 1)) return {};
  return Diagnosis{
      "class_imbalance",
      fmt::format("The classes are unbalanced: '{}' has {} training rows, '{}' has {}; guessing "
                  "the common one looks accurate.",
                  most->first, most->second, least->first, least->second),
      "Give fit.class_weight, or data.resample (SMOTE, RandomOverSampler), and watch AUC, F1Score "
      "or the "
      "confusion matrix in place of accuracy."};
}

}  // namespace

std::vector<Diagnosis> diagnose(const TrainingEvidence& evidence) {
  std::vector<Diagnosis> all;
  const auto add = [&](Found found) {
    if (found) all.push_back(std::move(*found));
  };
  const auto add_each = [&](std::vector<Diagnosis> found) {
    all.insert(all.end(), found.begin(), found.end());
  };
  add(not_finite(evidence));
  add(exploding_gradients(evidence));
  add(rate_too_high(evidence));
  const auto dead = dead_units(evidence);
  add_each(dead);
  if (dead.empty()) add(vanishing_gradients(evidence));  // where units are dead, that is why
  add_each(saturation(evidence));
  if (all.empty()) add(rate_too_low(evidence));  // what else is wrong slows it, too
  add(overfitting(evidence));
  add(class_imbalance(evidence));
  return all;
}

}  // namespace tutti
