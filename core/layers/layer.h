// Layer: weights and a function of values, as Keras has it.
//
// A layer's class is written once (`class DenseLayer : public Layer`) and used through its handle
// (`using Dense = LayerOf<DenseLayer>`), which shares ownership: `Dense(8, "relu")(x)`.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/dtype_policy.h"
#include "core/base/registry.h"
#include "core/constraints/constraint.h"
#include "core/graph/variable.h"
#include "core/initializers/initializer.h"
#include "core/layers/quantization.h"
#include "core/regularizers/regularizer.h"

namespace tutti {

class Layer;
class LayerHandle;

// One use of a layer in a graph: what a summary, a drawing and a saved model are made from.
struct LayerCall {
  std::shared_ptr<Layer> layer;
  std::vector<Value> inputs;
  std::vector<Value> losses = {};  // added during the call, scalars
  std::vector<Shape> outputs = {};
  std::vector<Value> masks = {};      // of each output, undefined where it has none
  int number = 0;                     // of this layer's calls, from 0
  std::optional<bool> training = {};  // Keras's argument: whatever the step does; none: as it does
};

// A layer inside another, and the attribute of Keras's class that has it: where its weights lie in
// Keras's files ("cell", "cells/lstm_cell_1").
struct LayerPart {
  std::string attribute;
  std::shared_ptr<Layer> layer;
};
// The parts that an attribute lists: "cells/lstm_cell", "cells/lstm_cell_1", "cells/gru_cell".
std::vector<LayerPart> listed_parts(const std::string& attribute,
                                    const std::vector<std::shared_ptr<Layer>>& layers);

// A layer and its folder in Keras's files: "layers/dense/".
struct SavedLayer {
  std::string folder;
  std::shared_ptr<Layer> layer;
};
// A weight and its place in Keras's files: "layers/dense/vars/0".
struct SavedWeight {
  std::string path;
  VariablePtr variable;
};

// What a layer knows besides its weights, as Keras's files keep it: texts (save_assets) and arrays
// (save_own_variables), under paths below the layer's own, "vocabulary.txt".
struct LayerAssets {
  std::map<std::string, std::string> texts;
  std::map<std::string, Tensor> arrays;
};

class Layer : public Configurable, public std::enable_shared_from_this<Layer> {
 public:
  static constexpr const char* category = "layer";
  static std::shared_ptr<Layer> from_function(const LayerHandle& layer);  // a handle as an argument

  // Makes the weights at the first call, then appends the layer's nodes. An error names this layer,
  // the layers that made the inputs, and their shapes.
  std::vector<Value> apply(const std::vector<Value>& inputs,
                           std::optional<bool> training = std::nullopt);
  // The same, of a layer that returns one value; throws if it returns several.
  Value apply_for_one(const std::vector<Value>& inputs);
  // A call made again on other inputs, as a model does with those it consists of; it counts as that
  // call.
  std::vector<Value> call_again(const LayerCall& call, const std::vector<Value>& inputs);
  // Makes the weights for inputs of these shapes if there are none, for a layer that holds this
  // one.
  void build_for(const std::vector<Shape>& inputs);

  const std::string& name() const;  // given, or made unique when first asked: "dense_1"
  void set_name(std::string name);
  // What layers without a name of their own are called after: "dense", as in Keras's files.
  virtual std::string plain_name() const { return snake_case(class_name()); }
  std::string class_name() const;  // as it is registered, or the C++ class without "Layer"
  virtual bool built() const { return built_; }
  const std::vector<Shape>& built_for() const { return built_for_; }  // with kRows as axis 0
  bool trainable() const { return trainable_; }
  virtual void set_trainable(bool trainable);
  // Floating inputs and, inside call(), weights come in compute_dtype(); weights are kept in
  // dtype().
  const DTypePolicy& dtype_policy() const { return dtype_; }
  DType compute_dtype() const { return dtype_.compute; }
  DType dtype() const { return dtype_.variable; }
  void set_dtype(const DTypePolicy& policy);  // throws once built
  // Of the input of a model that begins with it, where nothing else says it; not what it computes
  // in: inputs may be numbers of classes.
  virtual DType input_dtype() const { return is_floating(dtype()) ? dtype() : DType::f32; }
  // The shape of the model's input without rows, where this layer is the first (Keras's input_shape
  // and input_dim); no value if none was given.
  const std::optional<Shape>& input_shape() const { return input_shape_; }
  void set_input_shape(Shape shape) { input_shape_ = std::move(shape); }

  // In the order they were added, those of inner layers after one's own.
  std::vector<VariablePtr> weights() const;
  std::vector<VariablePtr> trainable_weights() const;
  int64_t count_params() const;  // throws before they are made
  // What its first call in a graph that still lives returned, to cut a model at. Throws if there is
  // none, or if the call returned several.
  Value output() const;
  // Penalties of the trainable weights' regularizers, on the versions of the trace.
  std::vector<Value> regularization_losses() const;
  // Learns from data, rows first, what it has to know before training: a vocabulary, bins, a mean.
  // A pure function of the data. Throws for a layer that learns nothing so.
  virtual void adapt(const Tensor& data);
  // Whether adapt() has yet to tell it what it needs, and nothing given does.
  virtual bool waits_for_adapt() const { return false; }
  virtual LayerAssets save_assets() const { return {}; }
  virtual void load_assets(const LayerAssets& assets) { (void)assets; }
  // Makes the weights of a built layer whole numbers of 8 or 4 bits, for prediction alone. Throws
  // for a layer that is not quantizable. A graph that it was called in keeps the weights it had:
  // Model::quantize() makes the graphs anew.
  void quantize(const Ref<QuantizationConfig>& config);
  bool quantizable();
  const std::optional<Quantization>& quantization() const { return dtype_.quantization; }
  virtual std::vector<LayerPart> parts() const { return {}; }
  std::vector<std::shared_ptr<Layer>> sublayers() const;  // of parts()
  // All layers below this one, and all weights, of one that stands in several places at the first.
  std::vector<SavedLayer> saved_layers() const;
  std::vector<SavedWeight> saved_weights() const;
  // The names of Keras's call for inputs that are arguments of their own there: "query", "value".
  // A last one with a star takes the others, as a list. None: the inputs are one argument.
  virtual std::vector<std::string> call_names() const { return {}; }
  // Whether it knows what to do with the masks of its inputs (mask_of). The outputs of a layer that
  // does not have none.
  virtual bool supports_masking() const { return false; }

 protected:
  // Makes weights. Shapes have kRows as axis 0. Throws for a shape the layer cannot take.
  virtual void build(const std::vector<Shape>& inputs) { (void)inputs; }
  virtual std::vector<Value> call(const std::vector<Value>& inputs) = 0;
  // The masks of the outputs, where call() has not given them any: by default those of the inputs.
  virtual std::vector<Value> compute_mask(const std::vector<Value>& inputs);
  // Whether the weights of sublayers() are named as parts of this layer: "lstm/lstm_cell/kernel".
  virtual bool names_sublayers() const { return false; }
  // Where Keras's files have the weights that are named in a group: those of "query/kernel".
  virtual std::string saved_group(const std::string& group) const { return group; }
  // Calls a sublayer, whose losses become this call's. Inside call().
  std::vector<Value> apply_sublayer(Layer& layer, const std::vector<Value>& inputs);
  // Whether weights built for `built` serve an input of shape `given`. By default a layer with
  // weights takes one shape, a layer without takes any.
  virtual bool fits(const Shape& built, const Shape& given) const;

  // The initializer alone decides the elements, maybe only after build() (deferred_weights.h): what
  // build() writes into them is lost then.
  VariablePtr add_weight(const std::string& name, const Shape& shape,
                         const Ref<Initializer>& initializer,
                         const Ref<Regularizer>& regularizer = nullptr, bool trainable = true,
                         std::optional<DType> dtype = std::nullopt);
  // A trainable weight that optimizers keep to a constraint.
  VariablePtr add_weight(const std::string& name, const Shape& shape,
                         const Ref<Initializer>& initializer, const Ref<Regularizer>& regularizer,
                         const Ref<Constraint>& constraint);
  // Where the options say how weights were quantized; null for a layer that has none to quantize.
  virtual Ref<QuantizationConfig>* quantization_config() { return nullptr; }
  // In build() of a quantized layer: the numbers of a weight, and its scales, each where Keras's
  // files have them among the weights.
  std::shared_ptr<QuantizedWeight> add_quantized_weight(QuantizedForm form);
  void add_scales(QuantizedWeight& weight);
  // What products of a quantized layer quantize activations with; null: not at all.
  const AbsMaxQuantizer* activation_quantizer();
  void add_loss(const Value& loss);  // inside call(): a scalar, added to the model's loss
  // Adds the penalty on an output, divided by the rows of the global batch.
  void add_activity_loss(const Ref<Regularizer>& regularizer, const Value& output);
  // Throws unless there is one input.
  const Value& only(const std::vector<Value>& inputs) const;
  // What is cast to compute_dtype() for call(). Keras's `autocast`, which some layers do without.
  struct Autocast {
    bool inputs = true, weights = true;
  };
  virtual Autocast autocast() const { return {}; }
  // The value in compute_dtype().
  Value to_dtype(const Value& value) const;
  // The same where that is wide enough for sums of squares: not in halves, but in f32.
  Value widened(const Value& value) const;
  // "[dense_1] message" with the layer's name.
  std::string where() const { return name(); }

  struct Weight {
    std::string name;
    VariablePtr variable;
    Ref<Regularizer> regularizer;
    bool trainable;
  };
  // What Keras's files have in this layer's own folder: what its class there tracks.
  virtual std::vector<Weight> tracked_weights() const { return own_weights_; }

 private:
  std::vector<Value> run(const std::vector<Value>& inputs, int number,
                         std::optional<bool> training);
  std::vector<Value> masks_of(const std::vector<Value>& inputs, const std::vector<Value>& outputs);
  std::vector<Value> autocasted(std::vector<Value> inputs) const;
  void build_once(const std::vector<Value>& inputs);
  void set_scope(const std::string& scope);
  void add_saved_weights(const std::string& folder, std::vector<SavedWeight>& found) const;

  mutable std::string name_;
  std::string scope_;  // "lstm/": what its weights' names begin with
  std::vector<Weight> own_weights_;
  std::vector<std::shared_ptr<QuantizedWeight>> quantized_weights_;
  std::vector<Shape> built_for_;
  std::vector<std::string> built_from_;  // what made those inputs, for messages
  std::optional<Shape> input_shape_;
  LayerCall* call_ = nullptr;  // in progress
  int calls_ = 0;
  std::vector<std::weak_ptr<Node>> outputs_;  // of the first call that lives
  bool built_ = false;
  bool trainable_ = true;
  DTypePolicy dtype_ = tutti::dtype_policy();
};

// The call that made a value, if a layer returned it; null otherwise.
std::shared_ptr<const LayerCall> layer_call_of(const Value& value);

// Which elements of a value count, axis 0 being the rows: a bool value that the layer which
// returned it, or with_mask, gave it. No value: all count.
Value mask_of(const Value& value);
Value with_mask(const Value& value, const Value& mask);
// The value in another dtype, with its mask.
Value cast_with_mask(const Value& value, DType dtype);
// The same in f32 if it is of halves: what losses and metrics compute with.
Value widen_half(const Value& value);

// A layer from its config, with the keys that all layers take: name, trainable, dtype, input_dim,
// input_shape and batch_input_shape.
std::shared_ptr<Layer> make_layer(const Config& config);
template <>
inline std::shared_ptr<Layer> make<Layer>(const Config& config) {
  return make_layer(config);
}
// {Dense: {name: hidden, units: 8, ...}}: what make_layer reads back.
Config layer_config(const Layer& layer);
inline Config write_config(const Ref<Layer>& layer) {
  return layer ? layer_config(*layer) : Config();
}

// A shared layer that can be called: the common type of all handles.
class LayerHandle {
 public:
  LayerHandle(std::shared_ptr<Layer> layer) : layer_(std::move(layer)) {}
  Value operator()(const Value& input) const { return layer_->apply_for_one({input}); }
  Value operator()(const std::vector<Value>& inputs) const { return layer_->apply_for_one(inputs); }
  Tensor operator()(const Tensor& input) const;  // at once, as when not training
  Layer* operator->() const { return layer_.get(); }
  Layer& operator*() const { return *layer_; }
  const std::shared_ptr<Layer>& pointer() const { return layer_; }

 private:
  std::shared_ptr<Layer> layer_;
};

// The handle of a layer class: constructed from its options, positional or designated, and a name.
//   Dense(8, "relu")    Dense({.units = 8, .activation = "relu"}, "hidden")
template <typename L>
class LayerOf : public LayerHandle {
 public:
  using Options = typename L::Options;
  LayerOf(Options options = {}, std::string name = "")
      : LayerHandle(std::make_shared<L>(std::move(options))) {
    if (!name.empty()) (*this)->set_name(std::move(name));
    (*this)->name();  // numbered in the order of making
  }
  template <typename First, typename... Rest>
  requires(!std::derived_from<std::remove_cvref_t<First>, LayerHandle> &&
           !std::same_as<std::remove_cvref_t<First>, Options> &&
           requires(First && first, Rest&&... rest) {
             Options{std::forward<First>(first), std::forward<Rest>(rest)...};
           }) LayerOf(First&& first, Rest&&... rest)
      : LayerOf(Options{std::forward<First>(first), std::forward<Rest>(rest)...}) {}

  L* operator->() const { return static_cast<L*>(pointer().get()); }
};

}  // namespace tutti
