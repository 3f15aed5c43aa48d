// Rows that are decoded before a step asks for them, on threads of their own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/model/row_source.h"
#include "io/sharded/step_rows.h"

namespace tutti {

struct PrefetchOptions {
  int threads = 1;                       // that decode
  int64_t steps = 4;                     // whose rows are held at most, the current one's too
  uint64_t bytes = uint64_t{256} << 20;  // fewer steps where their rows take more; two at least
  int64_t first_step = 0;                // a resume goes on later
};

// The rows of another source, always its own: which of them come next the order says, and those
// wait in memory. A step copies what is there, decodes itself what nobody has begun, and waits for
// what is being decoded. Other rows are read as they are asked for. An error of decoding ahead is
// thrown where a step takes its row, and nowhere else.
class PrefetchedRows final : public RowSource {
 public:
  PrefetchedRows(RowSourcePtr rows, StepRows order, PrefetchOptions options = {});
  ~PrefetchedRows() override;  // ends the threads, each behind the rows that it is at

  // The next rows are those of this step: where a training begins or goes on.
  void begin_at(int64_t step) const;

  int64_t rows() const override { return rows_->rows(); }
  std::vector<RowColumn> inputs() const override { return rows_->inputs(); }
  std::vector<RowColumn> outputs() const override { return rows_->outputs(); }
  bool has_weights(size_t output) const override { return rows_->has_weights(output); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override;

  struct Counts {
    int64_t ready = 0, waited = 0;  // reads of rows that were there, or were being decoded
    int64_t helped = 0;             // pieces that a step decoded itself
    int64_t missed = 0;             // reads of rows that were not the next ones
  };
  Counts counts() const;
  int64_t most_bytes() const;  // that were ever held

 private:
  struct Column {
    enum class Of { input, output, weights } of;
    size_t index;
    size_t row_bytes;
  };
  struct Piece;  // some rows of a step, decoded by one thread
  struct Step;   // the rows of one
  struct Spare;  // memory of steps that were taken, for those to come

  void run() const;
  void plan(std::unique_lock<std::mutex>& lock) const;
  void decode(std::unique_lock<std::mutex>& lock, Step& step, Piece& piece) const;
  void read_column(const Column& column, std::span<const int64_t> rows, void* into) const;
  bool copy(size_t column, std::span<const int64_t> rows, void* into) const;
  std::shared_ptr<Step> find(std::span<const int64_t> rows, size_t& position) const;
  std::shared_ptr<Step> take(std::unique_lock<std::mutex>& lock, std::span<const int64_t> rows,
                             size_t& position) const;
  std::shared_ptr<Step> next_step() const;

  RowSourcePtr rows_;
  StepRows order_;
  PrefetchOptions options_;
  std::shared_ptr<Spare> spare_;
  std::vector<Column> columns_;  // inputs, outputs, then the weights of those that have some
  size_t inputs_;
  std::vector<size_t> weight_columns_;  // of each output, where in columns_

  mutable std::mutex mutex_;  // of what follows, and of the pieces' states
  mutable std::condition_variable work_, done_;
  mutable std::deque<std::shared_ptr<Step>> steps_;  // the current one first
  mutable int64_t planned_;                          // the step behind the last of these
  mutable bool planning_ = false, ending_ = false;
  mutable Counts counts_;
  mutable int64_t held_bytes_ = 0, most_bytes_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace tutti
