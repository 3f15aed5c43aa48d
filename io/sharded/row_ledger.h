// The ledger of a training: which rows went into which step, as each rank read them. It shows that
// kills, resumes and other numbers of ranks lost no row and took none twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

#include "core/model/row_source.h"
#include "io/sharded/step_rows.h"

namespace tutti {

// A rank's file: a line "step row row ..." for each step, appended when the step has its rows.
struct LedgerEntry {
  int64_t step = 0;
  std::vector<int64_t> rows;  // rising
};

// "rows-00003.ledger"
std::string ledger_name(int rank);
// The entries of a file. A last line that is cut is none: its rank died in it. Throws, naming file
// and line, for any other line that is none.
std::vector<LedgerEntry> read_ledger(const std::filesystem::path& path);
// How many steps the ledgers of a folder speak of: the last one's number and one.
int64_t ledger_steps(const std::filesystem::path& folder);
// Drops what the ledgers of a folder say of `step` and later ones, which are done again from there:
// whatever rank wrote it, and whether that rank is still there. One rank's work, before others
// write.
void cut_ledgers(const std::filesystem::path& folder, int64_t step);
// Whether steps 0 to `steps` took, over all ranks, the rows that an undisturbed run takes: each
// step once and its own rows. Each row is then taken once a round, in that run's order. Throws
// naming file and step.
void check_ledgers(const std::filesystem::path& folder, const StepRows& undisturbed, int64_t steps);

// Rows, and the ledger of what is read of them.
class LedgerRows final : public RowSource {
 public:
  LedgerRows(RowSourcePtr rows, std::filesystem::path path)
      : rows_(std::move(rows)), path_(std::move(path)) {}

  // What was read since the step before went into this one.
  void end_step(int64_t step) const;
  void forget() const;  // what was read since then went into none

  int64_t rows() const override { return rows_->rows(); }
  std::vector<RowColumn> inputs() const override { return rows_->inputs(); }
  std::vector<RowColumn> outputs() const override { return rows_->outputs(); }
  bool has_weights(size_t output) const override { return rows_->has_weights(output); }
  void read_input(size_t column, std::span<const int64_t> rows, void* into) const override;
  void read_output(size_t column, std::span<const int64_t> rows, void* into) const override {
    rows_->read_output(column, rows, into);
  }
  void read_weights(size_t output, std::span<const int64_t> rows, float* into) const override {
    rows_->read_weights(output, rows, into);
  }

 private:
  RowSourcePtr rows_;
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  mutable std::vector<int64_t> read_;
};

}  // namespace tutti
