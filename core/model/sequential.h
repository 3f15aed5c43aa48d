// Sequential: a stack of layers, each fed by the one before.
#pragma once

#include <initializer_list>

#include "core/model/model.h"

namespace tutti {

struct SequentialOptions {
  std::vector<Ref<Layer>> layers = {};          // an InputLayer may stand first
  std::optional<Shape> build_input_shape = {};  // with rows: as the model was called first
};

class Sequential final : public Model {
 public:
  using Options = SequentialOptions;
  explicit Sequential(Options options);
  Options options() const;  // what makes it again, without weights
  explicit Sequential(const std::string& name = "");
  Sequential(std::initializer_list<LayerHandle> layers, const std::string& name = "");
  explicit Sequential(std::vector<std::shared_ptr<Layer>> layers, const std::string& name = "");

  // Builds as soon as the input's shape is known: from an InputLayer, a layer's input_shape or a
  // model that stands first, else at the first call on data. A model that was trained needs another
  // compile() after add() or pop(), as its weights are others.
  void add(const LayerHandle& layer);
  std::shared_ptr<Layer> pop();  // the last layer, taken off; throws if there is none
  std::vector<std::shared_ptr<Layer>> layers() const override { return stack_; }

 protected:
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  void build_on(const std::vector<RowColumn>& inputs) override;
  void retrace() override;

 private:
  void begin(const Shape& row, DType data);  // rows of that shape and dtype
  void append(const LayerHandle& handle);    // without calling it
  void extend();

  std::vector<std::shared_ptr<Layer>> stack_;
  std::vector<std::vector<Value>> values_;  // the input, then what each layer made of the last
};

}  // namespace tutti
