// A small language model of characters (decoder-only Transformer: 4 layers, 4 heads, width 128), as
// lessons train it on a text of Shakespeare:
//   example_char_transformer input.txt [--steps 2000]
// It reads 64 characters and learns the next of each, in `steps` batches of 12 such pieces. Ends
// with a validation loss, on the last tenth of the text, and some lines of its own.
#include <tutti/tutti.h>

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>

namespace {

constexpr int64_t kContext = 64, kWidth = 128, kHeads = 4, kLayers = 4, kBatch = 12;

struct PositionsOptions {};

// Adds a learnt vector for each place of a sequence.
class PositionsLayer final : public tutti::Layer {
 public:
  using Options = PositionsOptions;
  explicit PositionsLayer(Options) {}
  Options options() const { return {}; }

 protected:
  void build(const std::vector<tutti::Shape>& inputs) override {
    vectors_ = add_weight("embeddings", {inputs[0][1], inputs[0][2]}, "random_normal");
  }
  std::vector<tutti::Value> call(const std::vector<tutti::Value>& inputs) override {
    return {only(inputs) + vectors_->read()};
  }

 private:
  tutti::VariablePtr vectors_;
};
using Positions = tutti::LayerOf<PositionsLayer>;

// x plus attention of what came before, then plus a net of each place.
tutti::Value block(tutti::Value x) {
  const tutti::Value seen = tutti::LayerNormalization()(x);
  x = tutti::Add()({x, tutti::MultiHeadAttention({.num_heads = kHeads,
                                                  .key_dim = kWidth / kHeads,
                                                  .use_causal_mask = true})({seen, seen})});
  const tutti::Value wide = tutti::Dense(4 * kWidth, "gelu")(tutti::LayerNormalization()(x));
  return tutti::Add()({x, tutti::Dense(kWidth)(wide)});
}

tutti::Model language_model(int64_t characters) {
  const tutti::Value input = tutti::Input({kContext}, "text", tutti::DType::i32);
  tutti::Value x = Positions()(tutti::Embedding(characters, kWidth)(input));
  for (int64_t i = 0; i < kLayers; ++i) x = block(x);
  return {input, tutti::Dense(characters)(tutti::LayerNormalization()(x))};
}

struct Windows {
  tutti::Tensor x, y;  // (count, kContext): characters, and those that follow
};

// Pieces of the text from random places.
Windows draw_windows(const std::vector<int32_t>& text, int64_t count, uint64_t seed) {
  tutti::Random random(seed);
  std::vector<int32_t> x, y;
  for (int64_t i = 0; i < count; ++i) {
    const auto begin =
        text.begin() + static_cast<int64_t>(random.below(text.size() - kContext - 1));
    x.insert(x.end(), begin, begin + kContext);
    y.insert(y.end(), begin + 1, begin + kContext + 1);
  }
  return {tutti::Tensor::from(x, {count, kContext}), tutti::Tensor::from(y, {count, kContext})};
}

// Goes on from a text, a character at a time, each drawn by its probability.
std::string write_on(tutti::Model& model, const std::string& alphabet, std::vector<int32_t> text,
                     int64_t characters) {
  tutti::Random random(1);
  std::string written;
  for (int64_t i = 0; i < characters; ++i) {
    const std::vector<int32_t> context(text.end() - kContext, text.end());
    const tutti::Tensor logits =
        model.predict(tutti::Tensor::from(context, {1, kContext})).row(0).row(kContext - 1);
    const auto chances = tutti::softmax(logits).to_vector<float>();
    double left = random.uniform();
    size_t next = 0;
    while (next + 1 < chances.size() && (left -= chances[next]) >= 0) ++next;
    text.push_back(static_cast<int32_t>(next));
    written += alphabet[next];
  }
  return written;
}

}  // namespace

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const std::string path = argc > 1 ? argv[1] : "";
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() < 1000)
    tutti::fail(tutti::ExitCode::data, path, "holds {} characters; give a text of some thousands",
                text.size());
  const int64_t steps = argc > 3 && std::string(argv[2]) == "--steps" ? std::stoll(argv[3]) : 2000;

  const std::set<char> letters(text.begin(), text.end());
  const std::string alphabet(letters.begin(), letters.end());
  std::vector<int32_t> numbers;
  for (const char c : text) numbers.push_back(static_cast<int32_t>(alphabet.find(c)));
  const auto end = numbers.begin() + static_cast<int64_t>(numbers.size() * 9 / 10);
  const Windows train = draw_windows({numbers.begin(), end}, steps * kBatch, 1);
  const Windows held_out =
      draw_windows({end, numbers.end()}, std::max<int64_t>(20, steps / 10) * kBatch, 2);

  tutti::Model model = language_model(static_cast<int64_t>(alphabet.size()));
  const tutti::CosineDecay rate({.initial_learning_rate = 0,
                                 .decay_steps = static_cast<double>(steps) * 0.95,
                                 .alpha = 0.1,
                                 .warmup_target = 1e-3,
                                 .warmup_steps = static_cast<double>(steps) * 0.05});
  model.compile(
      {.optimizer = tutti::AdamW(
           {.learning_rate = rate, .weight_decay = 0.1, .beta_2 = 0.99, .global_clipnorm = 1.0}),
       .loss = tutti::losses::SparseCategoricalCrossentropy({.from_logits = true})});
  model.fit(train.x, train.y, {.epochs = 1, .batch_size = kBatch});
  const tutti::Logs tested = model.evaluate(held_out.x, held_out.y, kBatch);
  if (session.speaks()) {
    std::cout << "validation loss " << *tested.find("loss") << "\n\n"
              << write_on(model, alphabet, {end, end + kContext}, 300) << std::endl;
  }
}
