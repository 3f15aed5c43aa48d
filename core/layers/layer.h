// Layer: weights and a function of values, as Keras has it.
//
// A layer's class is written once (`class DenseLayer : public Layer`) and used through its handle
// (`using Dense = LayerOf<DenseLayer>`), which shares ownership: `Dense(8, "relu")(x)`.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/registry.h"
#include "core/graph/variable.h"
#include "core/initializers/initializer.h"
#include "core/regularizers/regularizer.h"

namespace tutti {

class Layer;

// One use of a layer in a graph: what a summary, a drawing and a saved model are made from.
struct LayerCall {
  std::shared_ptr<Layer> layer;
  std::vector<Value> inputs;
  std::vector<Value> losses;  // added during the call, scalars
};

class Layer : public Configurable, public std::enable_shared_from_this<Layer> {
 public:
  static constexpr const char* category = "layer";

  // Makes the weights at the first call, then appends the layer's nodes.
  std::vector<Value> apply(const std::vector<Value>& inputs);

  const std::string& name() const;  // given, or made unique when first asked: "dense_1"
  void set_name(std::string name);
  bool built() const { return built_; }
  bool trainable() const { return trainable_; }
  virtual void set_trainable(bool trainable);
  DType dtype() const { return dtype_; }  // of the weights
  void set_dtype(DType dtype) { dtype_ = dtype; }

  // In the order they were added, those of inner layers after one's own.
  std::vector<VariablePtr> weights() const;
  std::vector<VariablePtr> trainable_weights() const;
  int64_t count_params() const;
  // Penalties of the weights' regularizers, on the versions of the trace.
  std::vector<Value> regularization_losses() const;
  virtual std::vector<std::shared_ptr<Layer>> sublayers() const { return {}; }

 protected:
  // Makes weights. Shapes have kRows as axis 0. Throws for a shape the layer cannot take.
  virtual void build(const std::vector<Shape>& inputs) { (void)inputs; }
  virtual std::vector<Value> call(const std::vector<Value>& inputs) = 0;

  VariablePtr add_weight(const std::string& name, const Shape& shape,
                         const Ref<Initializer>& initializer,
                         const Ref<Regularizer>& regularizer = nullptr, bool trainable = true);
  void add_loss(const Value& loss);  // inside call(): a scalar, added to the model's loss
  // Throws unless there is one input.
  const Value& only(const std::vector<Value>& inputs) const;
  // "[dense_1] message" with the layer's name; for impossible shapes name both layers and shapes.
  std::string where() const { return name(); }

 private:
  struct Weight {
    VariablePtr variable;
    Ref<Regularizer> regularizer;
  };
  mutable std::string name_;
  std::vector<Weight> own_weights_;
  std::vector<Shape> built_for_;
  LayerCall* call_ = nullptr;  // in progress
  bool built_ = false;
  bool trainable_ = true;
  DType dtype_ = DType::f32;
};

// The call that made a value, if a layer returned it; null otherwise.
std::shared_ptr<const LayerCall> layer_call_of(const Value& value);

// A shared layer that can be called: the common type of all handles.
class LayerHandle {
 public:
  LayerHandle(std::shared_ptr<Layer> layer) : layer_(std::move(layer)) {}
  Value operator()(const Value& input) const { return layer_->apply({input})[0]; }
  Value operator()(const std::vector<Value>& inputs) const { return layer_->apply(inputs)[0]; }
  Tensor operator()(const Tensor& input) const;  // at once
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
  }
  template <typename First, typename... Rest>
    requires(!std::derived_from<std::remove_cvref_t<First>, LayerHandle> &&
             !std::same_as<std::remove_cvref_t<First>, Options> &&
             requires(First&& first, Rest&&... rest) {
               Options{std::forward<First>(first), std::forward<Rest>(rest)...};
             })
  LayerOf(First&& first, Rest&&... rest)
      : LayerOf(Options{std::forward<First>(first), std::forward<Rest>(rest)...}) {}

  L* operator->() const { return static_cast<L*>(pointer().get()); }
};

}  // namespace tutti
