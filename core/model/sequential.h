// Sequential: a stack of layers, each fed by the one before.
#pragma once

#include <initializer_list>

#include "core/model/model.h"

namespace tutti {

class Sequential final : public Model {
 public:
  explicit Sequential(const std::string& name = "");
  Sequential(std::initializer_list<LayerHandle> layers, const std::string& name = "");
  explicit Sequential(std::vector<std::shared_ptr<Layer>> layers, const std::string& name = "");

  // Builds as soon as the input's shape is known: from an InputLayer or a layer's input_shape, else
  // at the first call on data. Throws once the model was compiled and trained.
  void add(const LayerHandle& layer);
  std::vector<std::shared_ptr<Layer>> layers() const override { return stack_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;

 private:
  void build_if_known();

  std::vector<std::shared_ptr<Layer>> stack_;
  std::optional<Value> input_;
};

}  // namespace tutti
