// Bidirectional: a recurrent layer over the steps and another from the last step to the first.
// Schuster & Paliwal, 1997.
#pragma once

#include "core/layers/recurrent.h"

namespace tutti {

struct BidirectionalOptions {
  Ref<Layer> layer = {};  // copied: LSTM(8)
  // How the two outputs become one: concat, sum, mul or ave. None: they stay two.
  std::optional<std::string> merge_mode = "concat";
  Ref<Layer> backward_layer = {};  // none: a copy of `layer` the other way
};

// Outputs of steps that do not count are 0 where all are returned. Initial states: those of the
// forward layer, then those of the other; return_state returns them so.
class BidirectionalLayer final : public Layer {
 public:
  using Options = BidirectionalOptions;
  explicit BidirectionalLayer(Options options);
  const Options& options() const { return options_; }  // with both layers, as Keras writes it
  std::vector<LayerPart> parts() const override {
    return {{"forward_layer", forward_}, {"backward_layer", backward_}};
  }
  bool supports_masking() const override { return true; }
  void reset_states() { forward_->reset_states(), backward_->reset_states(); }
  std::vector<std::string> call_names() const override { return {"sequences", "initial_state*"}; }

 protected:
  void build(const std::vector<Shape>& inputs) override;
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  std::vector<Value> compute_mask(const std::vector<Value>& inputs) override;
  bool names_sublayers() const override { return true; }
  bool fits(const Shape&, const Shape&) const override { return true; }  // they look for themselves

 private:
  Options options_;
  std::shared_ptr<RecurrentLayer> forward_, backward_;
};
using Bidirectional = LayerOf<BidirectionalLayer>;

}  // namespace tutti
