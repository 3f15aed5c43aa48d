#include "io/sharded/prefetched_rows.h"

#include <algorithm>
#include <cstring>
#include <exception>

#include "core/base/error.h"
#include "core/device/isa.h"

namespace tutti {
namespace {

constexpr size_t kPiecesAThread = 4;  // of a step

}  // namespace

struct PrefetchedRows::Piece {
  enum class State { waiting, begun, done } state = State::waiting;
  size_t begin = 0, end = 0;  // of the step's rows
  std::exception_ptr error;
};

// The system gives memory page by page, each zeroed, which costs more than to read a row into it.
struct PrefetchedRows::Spare {
  using Columns = std::vector<std::vector<std::byte>>;

  Columns take() {
    const std::lock_guard lock(mutex);
    if (columns.empty()) return {};
    Columns last = std::move(columns.back());
    columns.pop_back();
    return last;
  }
  void give(Columns taken) {
    const std::lock_guard lock(mutex);
    columns.push_back(std::move(taken));
  }

  std::mutex mutex;
  std::vector<Columns> columns;
};

struct PrefetchedRows::Step {
  explicit Step(std::shared_ptr<Spare> memory) : spare(std::move(memory)), columns(spare->take()) {}
  ~Step() { spare->give(std::move(columns)); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  std::shared_ptr<Spare> spare;
  std::vector<int64_t> rows;
  std::vector<std::pair<int64_t, size_t>> positions;  // of rows, rising
  std::vector<std::vector<std::byte>> columns;
  std::vector<Piece> pieces;
  int64_t bytes = 0;

  // Where these stand, one after the other; rows.size() where they do not.
  size_t position_of(std::span<const int64_t> some) const {
    const auto found = std::lower_bound(positions.begin(), positions.end(),
                                        std::pair<int64_t, size_t>{some[0], 0});
    if (found == positions.end() || found->first != some[0]) return rows.size();
    const bool all = found->second + some.size() <= rows.size() &&
                     std::ranges::equal(some, std::span(rows).subspan(found->second, some.size()));
    return all ? found->second : rows.size();
  }
  std::span<Piece> pieces_of(size_t begin, size_t end) {
    const size_t each = pieces[0].end;
    return std::span(pieces).subspan(begin / each, (end - 1) / each - begin / each + 1);
  }
};

PrefetchedRows::PrefetchedRows(RowSourcePtr rows, StepRows order, PrefetchOptions options)
    : rows_(std::move(rows)),
      order_(order),
      options_(options),
      spare_(std::make_shared<Spare>()),
      planned_(options.first_step) {
  if (order_.rows != rows_->rows())
    fail(ExitCode::internal, "data", "the order is of {} rows, the data has {}", order_.rows,
         rows_->rows());
  const auto add = [&](Column::Of of, const std::vector<RowColumn>& columns) {
    for (size_t i = 0; i < columns.size(); ++i)
      columns_.push_back(
          {of, i, static_cast<size_t>(columns[i].shape.elements()) * size_of(columns[i].dtype)});
  };
  add(Column::Of::input, rows_->inputs());
  inputs_ = columns_.size();
  add(Column::Of::output, rows_->outputs());
  const size_t outputs = rows_->outputs().size();
  for (size_t i = 0; i < outputs; ++i) {
    weight_columns_.push_back(columns_.size());
    if (rows_->has_weights(i)) columns_.push_back({Column::Of::weights, i, sizeof(float)});
  }
  size_t row_bytes = 0;
  for (const auto& column : columns_) row_bytes += column.row_bytes;
  const auto of_step = static_cast<uint64_t>(order_.layout.owned_rows().size()) * row_bytes;
  const auto fitting = static_cast<int64_t>(options_.bytes / std::max<uint64_t>(1, of_step));
  options_.steps = std::max<int64_t>(2, std::min(options_.steps, fitting));
  options_.threads = std::max(1, options_.threads);
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { run(); });
}

PrefetchedRows::~PrefetchedRows() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void PrefetchedRows::begin_at(int64_t step) const {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return !planning_; });
  if (planned_ - static_cast<int64_t>(steps_.size()) == step) return;
  steps_.clear();  // a thread that decodes a piece of one holds it
  held_bytes_ = 0;
  planned_ = step;
  work_.notify_all();
}

std::shared_ptr<PrefetchedRows::Step> PrefetchedRows::next_step() const {
  auto step = std::make_shared<Step>(spare_);
  step->rows = order_.of_rank(planned_);
  const size_t count = step->rows.size();
  for (size_t i = 0; i < count; ++i) step->positions.emplace_back(step->rows[i], i);
  std::sort(step->positions.begin(), step->positions.end());
  step->columns.resize(columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    step->columns[i].resize(count * columns_[i].row_bytes);
    step->bytes += static_cast<int64_t>(count * columns_[i].row_bytes);
  }
  const size_t pieces = kPiecesAThread * static_cast<size_t>(options_.threads);
  const size_t each = std::max<size_t>(1, (count + pieces - 1) / pieces);
  for (size_t begin = 0; begin < count; begin += each) {
    Piece& piece = step->pieces.emplace_back();
    piece.begin = begin, piece.end = std::min(begin + each, count);
  }
  return step;
}

// Adds a step behind the last. Who plans does so alone, and without the lock.
void PrefetchedRows::plan(std::unique_lock<std::mutex>& lock) const {
  planning_ = true;
  lock.unlock();
  auto planned = next_step();
  lock.lock();
  planning_ = false;
  ++planned_;
  held_bytes_ += planned->bytes;
  most_bytes_ = std::max(most_bytes_, held_bytes_);
  steps_.push_back(std::move(planned));
  work_.notify_all();
  done_.notify_all();
}

// Steps are planned as soon as there is room, and decoded piece by piece, the first one's first.
void PrefetchedRows::run() const {
  flush_denormals();  // as those that would read otherwise
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (!planning_ && static_cast<int64_t>(steps_.size()) < options_.steps) {
      plan(lock);
      continue;
    }
    std::shared_ptr<Step> step;
    Piece* piece = nullptr;
    for (size_t i = 0; i < steps_.size() && !piece; ++i) {
      const auto found = std::ranges::find(steps_[i]->pieces, Piece::State::waiting, &Piece::state);
      if (found != steps_[i]->pieces.end()) step = steps_[i], piece = &*found;
    }
    if (piece)
      decode(lock, *step, *piece);
    else
      work_.wait(lock);
  }
}

void PrefetchedRows::read_column(const Column& column, std::span<const int64_t> rows,
                                 void* into) const {
  switch (column.of) {
    case Column::Of::input:
      return rows_->read_input(column.index, rows, into);
    case Column::Of::output:
      return rows_->read_output(column.index, rows, into);
    case Column::Of::weights:
      return rows_->read_weights(column.index, rows, static_cast<float*>(into));
  }
}

void PrefetchedRows::decode(std::unique_lock<std::mutex>& lock, Step& step, Piece& piece) const {
  piece.state = Piece::State::begun;
  lock.unlock();
  try {
    const auto rows = std::span(step.rows).subspan(piece.begin, piece.end - piece.begin);
    for (size_t i = 0; i < columns_.size(); ++i)
      read_column(columns_[i], rows, step.columns[i].data() + piece.begin * columns_[i].row_bytes);
  } catch (...) {
    piece.error = std::current_exception();
  }
  lock.lock();
  piece.state = Piece::State::done;
  done_.notify_all();
}

// The step that these rows are of. Those before it have been taken.
std::shared_ptr<PrefetchedRows::Step> PrefetchedRows::find(std::span<const int64_t> rows,
                                                           size_t& position) const {
  for (size_t i = 0; i < steps_.size(); ++i) {
    position = steps_[i]->position_of(rows);
    if (position == steps_[i]->rows.size()) continue;
    for (; i > 0; --i) {
      held_bytes_ -= steps_.front()->bytes;
      steps_.pop_front();
      work_.notify_all();
    }
    return steps_.front();
  }
  return nullptr;
}

// The same; a step that runs ahead of the threads plans its own rows.
std::shared_ptr<PrefetchedRows::Step> PrefetchedRows::take(std::unique_lock<std::mutex>& lock,
                                                           std::span<const int64_t> rows,
                                                           size_t& position) const {
  for (;;) {
    if (auto step = find(rows, position)) return step;
    if (planning_)
      done_.wait(lock, [&] { return !planning_; });
    else if (static_cast<int64_t>(steps_.size()) < options_.steps)
      plan(lock);
    else
      return nullptr;
  }
}

bool PrefetchedRows::copy(size_t column, std::span<const int64_t> rows, void* into) const {
  if (rows.empty()) return true;
  std::unique_lock lock(mutex_);
  size_t position = 0;
  const auto step = take(lock, rows, position);
  if (!step) return ++counts_.missed, false;
  bool waited = false;
  for (Piece& piece : step->pieces_of(position, position + rows.size())) {
    if (piece.state == Piece::State::waiting) {
      ++counts_.helped;
      decode(lock, *step, piece);
    }
    waited = waited || piece.state != Piece::State::done;
    done_.wait(lock, [&] { return piece.state == Piece::State::done; });
    if (piece.error) std::rethrow_exception(piece.error);
  }
  ++(waited ? counts_.waited : counts_.ready);
  lock.unlock();
  const size_t row_bytes = columns_[column].row_bytes;
  std::memcpy(into, step->columns[column].data() + position * row_bytes, rows.size() * row_bytes);
  return true;
}

void PrefetchedRows::read_input(size_t column, std::span<const int64_t> rows, void* into) const {
  if (!copy(column, rows, into)) rows_->read_input(column, rows, into);
}
void PrefetchedRows::read_output(size_t column, std::span<const int64_t> rows, void* into) const {
  if (!copy(inputs_ + column, rows, into)) rows_->read_output(column, rows, into);
}
void PrefetchedRows::read_weights(size_t output, std::span<const int64_t> rows, float* into) const {
  if (!rows_->has_weights(output) || !copy(weight_columns_[output], rows, into))
    rows_->read_weights(output, rows, into);
}

PrefetchedRows::Counts PrefetchedRows::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

int64_t PrefetchedRows::most_bytes() const {
  const std::lock_guard lock(mutex_);
  return most_bytes_;
}

}  // namespace tutti
