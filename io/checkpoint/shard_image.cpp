#include "io/checkpoint/shard_image.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/base/error.h"
#include "core/device/cpu/streaming_copy.h"
#include "core/model/world.h"
#include "io/formats/safetensors.h"

namespace tutti {
namespace {

constexpr size_t kTileBytes = size_t{1} << 20;

// Element indexes [begin, end) of a tensor whose bytes begin at `at` of all that ranks share out.
Range dealt(uint64_t at, const Tensor& tensor, uint64_t all, int rank, int ranks) {
  const uint64_t width = size_of(tensor.dtype());
  const auto boundary = [&](int r) {
    const uint64_t cut = all / static_cast<uint64_t>(ranks) * static_cast<uint64_t>(r);
    if (r == ranks) return tensor.elements();
    if (cut <= at) return int64_t{0};
    return std::min(tensor.elements(), static_cast<int64_t>((cut - at + width - 1) / width));
  };
  return {boundary(rank), boundary(rank + 1)};
}

// Of bytes that may begin anywhere.
template <typename T>
bool all_finite(const Tensor& bytes) {
  for (size_t at = 0; at < bytes.bytes(); at += sizeof(T)) {
    T value;
    std::memcpy(&value, bytes.raw() + at, sizeof value);
    if (!(value - value == T(0))) return false;
  }
  return true;
}

struct Tile {
  const std::byte* from;
  std::byte* to;
  size_t bytes;
};

void copy_tiles(const std::vector<Tile>& tiles) {
  const auto copy_tile = [&](int64_t i) {
    const Tile& tile = tiles[static_cast<size_t>(i)];
    streaming_copy(tile.to, tile.from, tile.bytes);
  };
  if (const auto& pool = current_world().pool)
    pool->run(static_cast<int64_t>(tiles.size()), copy_tile);
  else
    for (size_t i = 0; i < tiles.size(); ++i) copy_tile(static_cast<int64_t>(i));
}

Tensor flat(const Tensor& tensor) { return tensor.reshape({tensor.elements()}); }

}  // namespace

std::vector<ShardImage::Piece> ShardImage::pieces_of(const TrainingState& state, int rank,
                                                     int ranks) {
  uint64_t shared = 0, at = 0;
  for (const auto& tensor : state.tensors)
    if (tensor.held == Held::everywhere) shared += tensor.value.bytes();
  std::vector<Piece> pieces;
  for (const auto& tensor : state.tensors) {
    if (tensor.held != Held::everywhere) {
      pieces.push_back({flat(tensor.value), tensor.begin, &tensor});
      continue;
    }
    const Range range = dealt(at, tensor.value, shared, rank, ranks);
    at += tensor.value.bytes();
    const bool empty = tensor.value.elements() == 0;
    if (range.size() > 0 || (empty && rank == 0))
      pieces.push_back(
          {flat(tensor.value).slice_rows(range.begin, range.end), range.begin, &tensor});
  }
  return pieces;
}

// Zeros, so that the pages are there.
Tensor ShardImage::own_memory(int64_t bytes) { return Tensor::zeros({bytes}, DType::u8); }

void ShardImage::make_room(const std::vector<Piece>& pieces) {
  int64_t bytes = 0;
  for (const auto& piece : pieces) bytes += static_cast<int64_t>(piece.source.bytes());
  if (!memory_.defined() || memory_.elements() < bytes) memory_ = get_memory_(bytes);
  elements_ = memory_.slice_rows(0, bytes);
}

void ShardImage::note_finite(const std::vector<Piece>& pieces) {
  finite_.clear();
  int64_t end = 0;
  for (const auto& piece : pieces) {
    const int64_t begin = std::exchange(end, end + static_cast<int64_t>(piece.source.bytes()));
    finite_.push_back(piece.tensor->finite ? elements_.slice_rows(begin, end) : Tensor());
  }
}

void ShardImage::reserve(const TrainingState& state, int rank, int ranks) {
  make_room(pieces_of(state, rank, ranks));
}

void ShardImage::copy(const TrainingState& state, int rank, int ranks) {
  const std::vector<Piece> pieces = pieces_of(state, rank, ranks);
  make_room(pieces);
  note_finite(pieces);
  std::vector<TensorHead> heads;
  for (const auto& [source, begin, tensor] : pieces) {
    const bool whole = source.elements() == tensor->shape.elements();
    heads.push_back(
        whole ? TensorHead{tensor->name, source.dtype(), tensor->shape}
              : TensorHead{fmt::format("{}[{}:{}]", tensor->name, begin, begin + source.elements()),
                           source.dtype(), source.shape()});
  }
  header_ = safetensors_header(heads, {}, "checkpoint");
  parts_.clear();
  std::vector<Tile> tiles;
  size_t offset = 0;
  for (const auto& [source, begin, tensor] : pieces) {
    auto& part = parts_.emplace_back();
    part.set_name(tensor->name);
    part.set_dtype(std::string(name_of(source.dtype())));
    part.mutable_shape()->Assign(tensor->shape.dims().begin(), tensor->shape.dims().end());
    part.set_begin(begin);
    part.set_elements(source.elements());
    part.set_offset(header_.size() + offset);
    std::byte* to = elements_.raw() + offset;
    offset += source.bytes();
    if (&source.device() != &cpu_device()) {
      Tensor(elements_.storage(), static_cast<size_t>(to - elements_.storage()->bytes()),
             source.shape(), source.dtype())
          .copy_from(source);
      continue;
    }
    for (size_t done = 0; done < source.bytes(); done += kTileBytes)
      tiles.push_back(
          {source.raw() + done, to + done, std::min(kTileBytes, source.bytes() - done)});
  }
  copy_tiles(tiles);
}

void ShardImage::check_finite() const {
  for (size_t i = 0; i < finite_.size(); ++i) {
    if (!finite_[i].defined()) continue;
    const std::string& dtype = parts_[i].dtype();
    const bool finite = dtype == name_of(DType::f32)   ? all_finite<float>(finite_[i])
                        : dtype == name_of(DType::f64) ? all_finite<double>(finite_[i])
                                                       : true;
    if (!finite)
      fail(ExitCode::numerics, "checkpoint",
           "'{}' holds NaN or infinity, and such a state is not saved; lower the learning rate, or "
           "save it all the same with on_nan ignore",
           parts_[i].name());
  }
}

}  // namespace tutti
