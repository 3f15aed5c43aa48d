#include "io/event_log/tensorboard.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/reshaping.h"
#include "core/model/sequential.h"
#include "core/optimizers/sgd.h"

namespace tutti {
namespace {

using testing::HasSubstr;
using testing::Not;

class TensorBoardTest : public testing::Test {
 protected:
  TensorBoardTest() {
    std::string name = (std::filesystem::temp_directory_path() / "tutti_board_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~TensorBoardTest() override { std::filesystem::remove_all(folder_); }

  // All events of a part ("train"), as they lie in the file.
  std::string events(const std::string& part) const {
    std::string all;
    if (!std::filesystem::exists(folder_ / part)) return all;
    for (const auto& file : std::filesystem::directory_iterator(folder_ / part))
      if (file.path().filename().string().starts_with("events.out.tfevents."))
        all += FileSystem::current().read(file.path());
    return all;
  }
  static int count(const std::string& text, const std::string& word) {
    int found = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
      ++found;
    return found;
  }
  void fit(TensorBoardOptions options, bool embedding = false) const {
    options.log_dir = folder_.string();
    Sequential model(
        embedding ? std::vector<std::shared_ptr<Layer>>{Embedding({5, 2}, "words").pointer(),
                                                        Flatten().pointer(), Dense(1).pointer()}
                  : std::vector<std::shared_ptr<Layer>>{Dense({.units = 1}, "line").pointer()},
        "net");
    model.compile({.optimizer = SGD(0.01), .loss = "mse", .metrics = {"mae"}});
    std::vector<float> x, y;
    for (int i = 0; i < 12; ++i) x.push_back(static_cast<float>(i % 5)), y.push_back(x.back() * 2);
    FitOptions fit;
    fit.epochs = 3, fit.batch_size = 3, fit.verbose = 0, fit.validation_split = 0.25;
    fit.callbacks = {std::make_shared<TensorBoard>(options)};
    model.fit(Tensor::from(x, {12, 1}), Tensor::from(y, {12, 1}), fit);
  }
  std::filesystem::path folder_;
};

TEST_F(TensorBoardTest, TagsAreKerass) {
  fit({});
  const std::string train = events("train"), validation = events("validation");
  for (const char* tag : {"epoch_loss", "epoch_mae", "epoch_learning_rate"})
    EXPECT_EQ(count(train, tag), 3) << tag;
  for (const char* tag :
       {"epoch_loss", "epoch_mae", "evaluation_loss_vs_iterations", "evaluation_mae_vs_iterations"})
    EXPECT_EQ(count(validation, tag), 3) << tag;
  EXPECT_THAT(train, Not(HasSubstr("batch_")));
  EXPECT_THAT(train, Not(HasSubstr("histogram")));
  EXPECT_THAT(train, HasSubstr("InputLayer"));  // the graph
  EXPECT_THAT(train, HasSubstr("Trainable params: 2"));
}

TEST_F(TensorBoardTest, MoreIsWrittenWhereItIsAskedFor) {
  fit({.histogram_freq = 2,
       .write_graph = false,
       .write_images = true,
       .write_steps_per_second = true,
       .update_freq = 2},
      true);
  const std::string train = events("train");
  EXPECT_EQ(count(train, "net/words/embeddings/histogram"), 2);  // epochs 0 and 2
  EXPECT_EQ(count(train, "words/embeddings/image"), 2);
  EXPECT_EQ(count(train, "epoch_steps_per_second"), 3);
  EXPECT_EQ(count(train, "batch_loss"), 4);  // of 9 batches every second
  EXPECT_EQ(count(train, "batch_steps_per_second"), 4);
  EXPECT_THAT(train, Not(HasSubstr("InputLayer")));
}

TEST_F(TensorBoardTest, EmbeddingsAreTablesOfTheProjector) {
  TensorBoardOptions options;
  options.embeddings_freq = 1;
  options.embeddings_metadata.named["words"] = "words.tsv";
  fit(options, true);
  const std::string table = FileSystem::current().read(folder_ / "train" / "words-2.tsv");
  EXPECT_EQ(count(table, "\n"), 5);
  EXPECT_EQ(count(table, "\t"), 5);
  const std::string listed = FileSystem::current().read(folder_ / "projector_config.pbtxt");
  EXPECT_THAT(listed, HasSubstr("tensor_path: \"train/words-2.tsv\""));
  EXPECT_THAT(listed, HasSubstr("metadata_path: \"words.tsv\""));
  options.embeddings_metadata.named = {{"dense", "words.tsv"}};
  EXPECT_THROW(fit(options, true), Error);
}

TEST_F(TensorBoardTest, ItsConfigIsKerass) {
  const auto board = make<Callback>(Config(Config::Map{
      {"TensorBoard", Config(Config::Map{{"update_freq", "batch"}, {"histogram_freq", 1}})}}));
  EXPECT_TRUE(board->needs_batch_logs());
  const Config config = kind_config(*board);
  const Config& arguments = config.as_map()[0].second;
  EXPECT_EQ(arguments.find("log_dir")->as_string(), "logs");
  EXPECT_EQ(arguments.find("update_freq")->as_int(), 1);
  EXPECT_TRUE(arguments.find("embeddings_metadata")->is_null());
  EXPECT_FALSE(TensorBoard().needs_batch_logs());
  EXPECT_THROW(TensorBoard({.update_freq = "sometimes"}), Error);
  EXPECT_THROW(TensorBoard({.profile_batch = 2}), Error);
  EXPECT_THROW(TensorBoard({.histogram_freq = -1}), Error);
}

}  // namespace
}  // namespace tutti
