// What one rank writes of a checkpoint: its parts of the state, copied, as the bytes of a
// safetensors file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/callbacks/training_state.h"
#include "io/checkpoint/manifest.pb.h"

namespace tutti {

class ShardImage {
 public:
  // Gives so many bytes to copy to, on the host.
  using Memory = std::function<Tensor(int64_t bytes)>;
  static Tensor own_memory(int64_t bytes);
  explicit ShardImage(Memory memory = own_memory) : get_memory_(std::move(memory)) {}

  // Copies this rank's parts, all of current_world()'s threads at once. The memory is that of the
  // copy before, where it fits. `rank` of `ranks` writes its own parts, what it alone has, and an
  // equal part of what all have.
  void copy(const TrainingState& state, int rank, int ranks);
  // Gets the memory for such a state, so that the first copy does not wait for it.
  void reserve(const TrainingState& state, int rank, int ranks);

  const std::string& header() const { return header_; }
  const Tensor& elements() const { return elements_; }  // bytes behind the header
  const std::vector<checkpoint::Part>& parts() const { return parts_; }
  // Throws Error (numerics), naming the first tensor that should be finite and is not.
  void check_finite() const;

 private:
  struct Piece {
    Tensor source;  // flat
    int64_t begin;  // in the whole tensor
    const StateTensor* tensor;
  };
  static std::vector<Piece> pieces_of(const TrainingState& state, int rank, int ranks);
  void make_room(const std::vector<Piece>& pieces);
  void note_finite(const std::vector<Piece>& pieces);

  Memory get_memory_;
  std::string header_;
  Tensor memory_, elements_;
  std::vector<checkpoint::Part> parts_;
  std::vector<Tensor> finite_;  // in elements_, of each part: what should be finite; else undefined
};

}  // namespace tutti
