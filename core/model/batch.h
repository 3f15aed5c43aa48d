// From rows to the inputs of a step.
#pragma once

#include <string>
#include <vector>

#include "core/base/shard_layout.h"
#include "core/callbacks/callback.h"
#include "core/graph/executable.h"
#include "core/model/row_order.h"
#include "core/model/row_source.h"
#include "core/model/training_step.h"

namespace tutti {

class Model;

// The placeholders for a batch of these columns, in the dtype of the data; x is cast to what the
// model takes, floating y to what its output has. Appends them to `inputs`: x, y, then the sample
// weights of the outputs that have some.
StepData make_step_data(Model& model, const RowSource& rows, std::vector<Value>& inputs);

// Fills the inputs of an Executable with this rank's rows of a batch.
class BatchReader {
 public:
  BatchReader() = default;
  // `owned`: the rank's rows of the batch. Takes the order of make_step_data.
  BatchReader(const Executable& executable, const RowSource& rows, Range owned, ThreadPool* pool);
  void read(const RowSource& rows, int64_t batch_begin, const RowOrder& order);

 private:
  void read_rows(const RowSource& rows, Range part);  // of the owned ones

  Range owned_;
  ThreadPool* pool_ = nullptr;
  int64_t part_rows_ = 1;  // what one thread reads at a time
  size_t x_ = 0, y_ = 0;
  std::vector<size_t> weighted_;  // outputs
  std::vector<Tensor> inputs_;    // the Executable's
  std::vector<Tensor> staging_;   // host memory for inputs on a device
  std::vector<int64_t> rows_;
};

// Columns as text: steps traced for equal texts serve each other's data.
std::string describe_columns(const RowSource& rows);
// Throws if the columns do not fit the model's inputs and outputs, naming both shapes.
void check_columns(Model& model, const RowSource& rows);
// 0 chooses: 32, or all rows where there are fewer. Throws unless 0 <= batch_size <= rows.
int64_t checked_batch_size(int64_t batch_size, int64_t rows);
// The rows before the last `fraction` of them, and those.
std::pair<RowSourcePtr, RowSourcePtr> split_last(const RowSourcePtr& rows, double fraction);
void move_to_device(const std::vector<VariablePtr>& variables, Device& device);
// As Keras orders them: by name.
Logs to_logs(std::vector<std::pair<std::string, double>> results);

}  // namespace tutti
