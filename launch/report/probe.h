// Probe: a look into a model over some rows: what its layers give, and the gradients of its loss.
// It stands beside training, on this rank alone, and changes nothing there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/model/model.h"

namespace tutti {

class Probe {
 public:
  // Of `rows`, at most `most` spread evenly over them, fewer where the layers give much. Compiled
  // models have a loss. The weights must lie where they will lie at run().
  Probe(Model& model, std::shared_ptr<const RowSource> rows, int64_t most);
  ~Probe();

  // Reads weights and rows as they are now. As in training, but that nothing is assigned: batch
  // statistics, and one set of random numbers for all runs.
  void run();

  int64_t rows() const { return count_; }
  bool has_loss() const { return has_loss_; }
  double loss() const;  // of a probe that has one

  struct Layer {
    std::shared_ptr<tutti::Layer> layer;
    bool last = false;  // one of the model's outputs
  };
  // Those that give a value with rows, inner models' layers included, in the order of the graph.
  const std::vector<Layer>& layers() const { return layers_; }
  Tensor output(size_t layer) const;  // (rows, ...), on the host
  // Of the loss by trained weight number i of the model; undefined if none reaches it.
  Tensor gradient(size_t weight) const;

 private:
  struct State;
  void choose_rows(const std::vector<Value>& outputs, int64_t most);
  std::vector<Value> find_layers(const std::vector<Value>& outputs);

  Model& model_;
  std::shared_ptr<const RowSource> rows_;
  int64_t count_ = 0;
  bool has_loss_ = false;
  std::vector<Layer> layers_;
  std::unique_ptr<State> state_;
};

// Some rows of another source, in an order of one's own.
std::shared_ptr<const RowSource> pick_rows(std::shared_ptr<const RowSource> source,
                                           std::vector<int64_t> rows);
// `count` of `total`, spread evenly.
std::vector<int64_t> spread_rows(int64_t total, int64_t count);

}  // namespace tutti
