// TensorBoard: writes what the program of that name shows, under Keras's tags: train/ and
// validation/ below log_dir.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/callbacks/callback.h"

namespace tutti {

class EventWriter;

// "epoch", "batch" or a number of batches.
struct UpdateFrequency {
  UpdateFrequency(const char* word = "epoch") : UpdateFrequency(std::string(word)) {}
  UpdateFrequency(const std::string& word);  // throws for another word
  UpdateFrequency(int64_t batches);          // throws below 1
  int64_t batches = 0;                       // 0: an epoch
};
inline std::string type_name(const UpdateFrequency*) { return "epoch, batch or int"; }
void read_config(const Config& config, UpdateFrequency& out);
Config write_config(const UpdateFrequency& frequency);

// The file that names the rows of an embedding: one for all, or by the layer's name.
struct EmbeddingsMetadata {
  std::string all;
  std::map<std::string, std::string> named;
  const std::string* of(const std::string& layer) const;  // null for none
};
inline std::string type_name(const EmbeddingsMetadata*) { return "text or map to text"; }
void read_config(const Config& config, EmbeddingsMetadata& out);
Config write_config(const EmbeddingsMetadata& metadata);

struct TensorBoardOptions {
  std::string log_dir = "logs";  // relative ones begin at the run
  int64_t histogram_freq = 0;    // epochs between histograms of the weights; 0: none
  bool write_graph = true;
  bool write_images = false;  // the weights as images too, with the histograms
  bool write_steps_per_second = false;
  UpdateFrequency update_freq = "epoch";  // of losses and metrics of batches
  int64_t profile_batch = 0;              // 0: none
  int64_t embeddings_freq = 0;            // epochs between the embeddings written; 0: none
  EmbeddingsMetadata embeddings_metadata = {};
};

class TensorBoard final : public Callback {
 public:
  using Options = TensorBoardOptions;
  explicit TensorBoard(Options options = {});
  const Options& options() const { return options_; }

  bool needs_batch_logs() const override { return options_.update_freq.batches > 0; }
  void on_train_begin() override;
  void on_epoch_begin(int64_t epoch) override;
  void on_epoch_end(int64_t epoch, const Logs& logs) override;
  void on_train_batch_begin(int64_t batch) override;
  void on_train_batch_end(int64_t batch, const Logs& logs) override;
  void on_test_end(const Logs& logs) override;
  void on_train_end() override;
  CallbackState state() const override;
  void restore(const CallbackState& state) override;

 private:
  EventWriter& writer(const char* part);
  void write_weights(int64_t epoch);
  void write_embeddings(int64_t epoch);

  Options options_;
  std::map<std::string, std::shared_ptr<EventWriter>> writers_;  // "train", "validation"
  int64_t batches_ = 0;                                          // begun since training began
  int64_t updates_before_ = 0;                                   // of the epoch
  double epoch_began_ = 0, batch_began_ = 0;                     // seconds
};

}  // namespace tutti
