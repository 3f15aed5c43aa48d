// A checkpoint on disk, read: a training's whole state, as any number of ranks wrote it. A folder
//   step-000000001200/manifest.pb, shard-0.safetensors, shard-1.safetensors, ...
// The manifest was written last; what it does not vouch for is not read.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/callbacks/training_state.h"

namespace tutti {

namespace checkpoint {
class File;
class Manifest;
class Part;
}  // namespace checkpoint

class Checkpoint final : public SavedState {
 public:
  // Reads the manifest. Throws Error (data), naming what is missing, cut or changed.
  explicit Checkpoint(std::filesystem::path folder);
  // Of files in this folder, of which somebody else vouches.
  Checkpoint(std::filesystem::path folder, checkpoint::Manifest manifest);
  ~Checkpoint() override;

  // Reads every byte of every file. Throws Error (data), naming the file that is missing, cut or
  // changed and the first tensor that this touches.
  void verify() const;
  void verify(int file) const;  // one of them

  const std::filesystem::path& folder() const { return folder_; }
  int64_t step() const;
  int ranks() const;                    // that wrote it, a file each
  int64_t created() const;              // unix milliseconds
  uint64_t bytes() const;               // of all files
  std::optional<double> score() const;  // as it was saved with
  const Config& about() const { return about_; }

  const Config& values() const override { return values_; }
  std::vector<std::string> names() const override;
  std::optional<Entry> find(const std::string& name) const override;
  void read(const std::string& name, int64_t begin, const Tensor& into) const override;

 private:
  struct Place {
    const checkpoint::Part* part;
    const checkpoint::File* file;
  };
  void verify(const checkpoint::File& file) const;

  std::filesystem::path folder_;
  std::unique_ptr<const checkpoint::Manifest> manifest_;
  Config values_, about_;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<Place>> places_;  // by their first element
};

bool is_checkpoint(const std::filesystem::path& folder);  // it holds a manifest

// The checkpoints in a folder, oldest first: by step, and by attempt where one step was saved
// several times. Whether they are whole, nobody looked. Empty if there is no such folder.
std::vector<std::filesystem::path> checkpoints_in(const std::filesystem::path& folder);
// The newest that is whole; one that is not is told of by a warning. Null if there is none.
std::unique_ptr<Checkpoint> newest_checkpoint(const std::filesystem::path& folder);

}  // namespace tutti
