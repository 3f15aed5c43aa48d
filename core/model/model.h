// Model: layers that form a graph, and the training of it. Three ways to make one, all one Graph:
//   Sequential({Dense(8, "relu"), Dense(3)})                    sequential.h
//   Model(inputs, outputs)                                      functional
//   class Net : public Model { Value call(const Value& x) override { return out_(hidden_(x)); } };
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "core/callbacks/history.h"
#include "core/layers/layer.h"
#include "core/model/compile.h"
#include "core/model/row_source.h"
#include "core/model/training_step.h"

namespace tutti {

class Trainer;

// A functional model as Keras writes it: layers with their names and calls, each call with what it
// takes, as __keras_tensor__ objects or Keras 2's lists; inputs and outputs as [layer, call,
// output].
struct FunctionalOptions {
  Config layers = {}, input_layers = {}, output_layers = {};
};

class Model : public Layer {
 public:
  using Options = FunctionalOptions;
  explicit Model(Options options);
  // What makes it again, without weights. Throws for a model that is no graph of layers alone.
  Options options() const;
  Model(const Value& input, const Value& output, const std::string& name = "");
  Model(const std::vector<Value>& inputs, const std::vector<Value>& outputs,
        const std::string& name = "");
  ~Model() override;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // --- training ---------------------------------------------------------------------------------
  void compile(CompileOptions options);
  History fit(const Tensor& x, const Tensor& y, const FitOptions& options = {});
  History fit(const RowSourcePtr& rows, const FitOptions& options = {});
  // Traces the steps of such a fit, so that what does not fit together is known before it begins.
  TrainingControl::Plan prepare(const RowSourcePtr& rows, const FitOptions& options);
  Logs evaluate(const Tensor& x, const Tensor& y, int64_t batch_size = 32,
                const Tensor& sample_weight = {});
  Logs evaluate(const RowSourcePtr& rows, int64_t batch_size = 32);
  Tensor predict(const Tensor& x, int64_t batch_size = 32);  // of a model of one output
  std::vector<Tensor> predict(const RowSourcePtr& rows, int64_t batch_size = 32);
  Logs train_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight = {});
  Logs train_on_batch(const RowSourcePtr& rows);
  Logs test_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight = {});
  Tensor predict_on_batch(const Tensor& x) { return predict(x, x.rows()); }

  // One training step, traced once and then run for every batch. Override it for other steps: it
  // may take gradients of anything, apply several optimizers and report what it likes.
  virtual void train_step(const StepData& data, StepReport& report);
  // The same of a step of evaluation.
  virtual void test_step(const StepData& data, StepReport& report);
  // In a train_step: one update of all trainable weights by the compiled optimizer, or of some by
  // another. A later one of the same step sees what an earlier one made. An optimizer keeps the
  // variables that it was first given.
  void minimize(const Value& loss, const StepData& data) const;
  void minimize(const Value& loss, const StepData& data, Optimizer& optimizer,
                const std::vector<VariablePtr>& variables) const;
  Optimizer& optimizer() const;

  // The total loss of outputs predicted for data.x: compiled losses, of which it reports each where
  // there are several, regularizers, layers' own losses. The steps report it as "loss".
  virtual Value compute_loss(const StepData& data, const std::vector<Value>& y_pred,
                             StepReport& report) const;
  void report_metrics(const StepData& data, const std::vector<Value>& y_pred,
                      StepReport& report) const;

  // Makes the weights of Dense, EinsumDense, Embedding and ReversibleEmbedding layers whole numbers
  // of 8 or 4 bits, to predict and evaluate with alone; Keras's meaning: "int8", "int4" or an
  // object, of the layers that `filters` is true for. The model must have its weights. Throws if no
  // layer can, or one is quantized already.
  using LayerFilter = std::function<bool(const Layer&)>;
  void quantize(const Ref<QuantizationConfig>& config, const LayerFilter& filters = nullptr);
  bool quantized() const;  // whether a layer is

  // --- use --------------------------------------------------------------------------------------
  std::vector<Value> operator()(const std::vector<Value>& inputs) { return apply(inputs); }
  Value operator()(const Value& input) { return apply_for_one({input}); }
  Tensor operator()(const Tensor& input) { return predict_on_batch(input); }

  // --- structure --------------------------------------------------------------------------------

  // Makes the graph for inputs of these row shapes, for models whose inputs are not yet known.
  void build_graph(const std::vector<RowColumn>& inputs);
  bool built_graph() const { return !outputs_.empty(); }
  bool built() const override { return built_graph(); }
  bool functional() const { return functional_; }  // made from inputs and outputs
  const std::vector<Value>& inputs() const;        // placeholders; throws if not built
  const std::vector<Value>& outputs() const;
  Value input() const { return inputs().at(0); }
  Value output() const { return outputs().at(0); }
  const std::vector<std::string>& output_names() const { return output_names_; }
  std::vector<std::string> input_names() const;
  // As Keras lists them: a functional model's InputLayers included, those of others not.
  virtual std::vector<std::shared_ptr<Layer>> layers() const;
  std::shared_ptr<Layer> get_layer(const std::string& name) const;
  std::shared_ptr<Layer> get_layer(size_t index) const;
  std::vector<LayerPart> parts() const override;

  // In the formats of model_file.h and weights_file.h; load_model(path) brings a model back. Under
  // several ranks all call it and rank 0 writes.
  void save(const std::string& path) const;
  void save_weights(const std::string& path) const;
  void load_weights(const std::string& path);
  std::vector<Tensor> get_weights() const;  // copies, in the order of weights()
  void set_weights(const std::vector<Tensor>& weights);
  void summary(std::ostream& out) const;
  void summary() const;     // to standard output, on rank 0
  uint64_t digest() const;  // xxh3 over all trained parameters in graph order

  bool compiled() const { return trainer_ != nullptr; }
  const CompileOptions& compile_options() const;

 protected:
  Model();  // a subclass: define call()
  // A subclass overrides one of these: several inputs or outputs, or one.
  std::vector<Value> call(const std::vector<Value>& inputs) override;
  virtual Value call(const Value& input);
  void build(const std::vector<Shape>& inputs) override;
  Autocast autocast() const override { return {.inputs = false, .weights = true}; }

  // Makes placeholders for the rows' columns, of shapes without rows, and the graph on them.
  virtual void build_on(const std::vector<RowColumn>& inputs);
  // Fixes the graph: outputs computed from inputs.
  void set_graph(std::vector<Value> inputs, std::vector<Value> outputs);
  // Makes the graph anew on the same inputs, from layers that changed.
  virtual void retrace();

 private:
  Trainer& trainer() const;  // throws unless compiled
  // Rows for a verb ("fit"). Throws for a label that is no class where the loss takes classes.
  RowSourcePtr labelled_rows(const char* verb, const Tensor& x, const Tensor& y,
                             const Tensor& sample_weight);

  bool functional_ = false;
  std::vector<Value> inputs_, outputs_;
  std::vector<std::string> output_names_;
  std::vector<std::shared_ptr<Layer>> layers_;
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace tutti
