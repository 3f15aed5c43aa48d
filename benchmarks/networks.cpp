#include "benchmarks/networks.h"

#include <algorithm>
#include <sstream>
#include <vector>

#include "core/base/error.h"
#include "core/layers/convolution.h"
#include "core/layers/dense.h"
#include "core/layers/embedding.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/pooling.h"
#include "core/layers/reshaping.h"
#include "core/layers/row_normalizations.h"
#include "core/losses/crossentropy.h"
#include "core/model/sequential.h"
#include "core/ops/elementwise.h"

namespace tutti::bench {
namespace {

Tensor features(const Shape& shape) {
  Tensor x = Tensor::empty(shape);
  for (int64_t i = 0; i < x.elements(); ++i)
    x.data<float>()[i] = static_cast<float>(i * 7919 % 1000) / 500 - 1;
  return x;
}

Tensor labels(const Shape& shape, int64_t below) {
  Tensor y = Tensor::empty(shape, DType::i64);
  for (int64_t i = 0; i < y.elements(); ++i) y.data<int64_t>()[i] = i * 31 % below;
  return y;
}

std::unique_ptr<Model> sequential(const std::vector<LayerHandle>& layers) {
  auto model = std::make_unique<Sequential>();
  for (const auto& layer : layers) model->add(layer);
  return model;
}

void add_dense_layers(Network& network, const std::string& text) {
  std::vector<int64_t> widths;
  std::istringstream stream(text);
  for (std::string width; std::getline(stream, width, '-');) widths.push_back(std::stoll(width));
  std::vector<LayerHandle> layers;
  for (size_t i = 1; i < widths.size(); ++i)
    layers.push_back(i + 1 == widths.size() ? Dense(widths[i]) : Dense(widths[i], "relu"));
  network.model = sequential(layers);
  // Enough steps an epoch that what an epoch costs does not show, in little memory.
  network.steps =
      std::clamp<int64_t>(20'000'000 / (network.batch * widths[0] * widths[1]), 8, 2000);
  const int64_t rows = network.steps * network.batch;
  network.x = features({rows, widths[0]});
  network.y = labels({rows}, widths.back());
}

void add_cnn(Network& network) {
  network.model = sequential({
      Conv2D({.filters = 32, .kernel_size = 3, .activation = "relu"}),
      MaxPooling2D(),
      Conv2D({.filters = 64, .kernel_size = 3, .activation = "relu"}),
      MaxPooling2D(),
      Flatten(),
      Dense(10),
  });
  const int64_t rows = network.steps * network.batch;
  network.x = features({rows, 28, 28, 1});
  network.y = labels({rows}, 10);
}

void add_lstm(Network& network) {
  network.model = sequential({LSTM(128), Dense(10)});
  const int64_t rows = network.steps * network.batch;
  network.x = features({rows, 40, 64});
  network.y = labels({rows}, 10);
}

Value block(const Value& x) {
  const Value seen = LayerNormalization()(x);
  const Value attended =
      x +
      MultiHeadAttention({.num_heads = 4, .key_dim = 32, .use_causal_mask = true})({seen, seen});
  const Value wide = Dense(512, "gelu")(LayerNormalization()(attended));
  return attended + Dense(128)(wide);
}

void add_transformer(Network& network) {
  constexpr int64_t kTokens = 65, kPlaces = 64;
  const Value tokens = Input({kPlaces});
  Value x = Embedding({.input_dim = kTokens, .output_dim = 128})(tokens);
  for (int i = 0; i < 4; ++i) x = block(x);
  network.model = std::make_unique<Model>(tokens, Dense(kTokens)(LayerNormalization()(x)));
  const int64_t rows = network.steps * network.batch;
  network.x = labels({rows, kPlaces}, kTokens).to(DType::f32);
  network.y = labels({rows, kPlaces}, kTokens);
}

}  // namespace

Network network_of(const std::string& name) {
  Network network;
  const std::string kind = name.substr(0, name.find('@'));
  network.batch = std::stoll(name.substr(name.find('@') + 1));
  network.steps = 8;
  if (kind == "cnn")
    add_cnn(network);
  else if (kind == "lstm")
    add_lstm(network);
  else if (kind == "transformer")
    add_transformer(network);
  else if (kind.find_first_not_of("0123456789-") == std::string::npos)
    add_dense_layers(network, kind);
  else
    fail("bench_steps", "'{}' is no network; use widths, cnn, lstm or transformer", kind);
  network.model->compile(
      {.optimizer = "adam", .loss = losses::SparseCategoricalCrossentropy({.from_logits = true})});
  return network;
}

}  // namespace tutti::bench
