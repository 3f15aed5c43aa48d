// Summaries against what Keras prints for the same models (tests/peers/goldens/make_summaries.py).
#include "core/model/summary.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>

#include "core/base/error.h"
#include "core/base/seed.h"
#include "core/layers/dense.h"
#include "core/layers/dropout.h"
#include "core/layers/input_layer.h"
#include "core/layers/merging.h"
#include "core/model/sequential.h"
#include "core/optimizers/sgd.h"

namespace tutti {
namespace {

using ModelPtr = std::shared_ptr<Model>;

Dense dense(int64_t units, const std::string& name) {
  return Dense(DenseOptions{.units = units}, name);
}

ModelPtr stack() {
  auto model = std::make_shared<Sequential>("stack");
  Dense first(8, "relu");
  first->set_input_shape({4});
  model->add(first);
  model->add(Dense(10));
  model->add(Dropout(0.5));
  model->add(Dense(3));
  return model;
}

ModelPtr unbuilt() {
  return std::make_shared<Sequential>(std::initializer_list<LayerHandle>{Dense(8), Dense(3)},
                                      "unbuilt");
}

ModelPtr deep() {
  const Value input = Input({784}, "pixels");
  Value x = input;
  for (const int64_t units : {600, 500, 250, 10}) x = Dense(units)(x);
  return std::make_shared<Model>(input, x, "deep");
}

ModelPtr two_outputs() {
  const Value input = Input({4});
  const Value x = Dense(10)(Dense(8)(input));
  const Value first = dense(3, "outputs_1")(x), second = dense(1, "outputs_2")(x);
  return std::make_shared<Model>(std::vector{input}, std::vector{first, second}, "two_outputs");
}

ModelPtr shared() {
  const Value early = Input({6}, "early"), late = Input({6}, "late");
  const auto tower = dense(6, "a_tower_with_a_rather_long_name");
  const Value inner = tower(early);
  const Value high = tower(inner);
  const Value low = tower(late);
  const Value side = dense(2, "side")(late);
  const Value joined = Concatenate({}, "joined")(std::vector{high, low, side});
  const Value sum = Add({}, "sum")(std::vector{joined, joined});
  return std::make_shared<Model>(std::vector{early, late}, std::vector{dense(1, "head")(sum)},
                                 "shared");
}

ModelPtr nested() {
  const Value inner_in = Input({5}, "inner_in");
  const Value mid = dense(4, "inner_mid")(inner_in);
  const Value a = dense(3, "inner_a")(mid), b = dense(2, "inner_b")(mid);
  auto inner = std::make_shared<Model>(std::vector{inner_in}, std::vector{a, b}, "inner");
  auto in_block = dense(5, "in_block");
  in_block->set_input_shape({5});
  auto block = std::make_shared<Sequential>(std::initializer_list<LayerHandle>{in_block}, "block");
  const Value input = Input({5}, "outer_in");
  const auto both = (*inner)(std::vector{(*block)(input)});
  return std::make_shared<Model>(std::vector{input},
                                 std::vector{dense(1, "from_b")(both[1]), both[0]}, "nested");
}

ModelPtr cut() {
  const auto model = deep();
  return std::make_shared<Model>(model->input(), model->get_layer("dense_1")->output(), "cut");
}

ModelPtr trained() {
  auto model = stack();
  model->layers()[0]->set_trainable(false);
  model->compile({.optimizer = "adam", .loss = "mse"});
  model->fit(Tensor::zeros({4, 4}), Tensor::zeros({4, 3}), {.batch_size = 4, .verbose = 0});
  return model;
}

ModelPtr unused() {
  const Value used = Input({4}, "used"), extra = Input({2}, "extra"), last = Input({3}, "last");
  return std::make_shared<Model>(std::vector{extra, used, last},
                                 std::vector{dense(3, "head")(dense(5, "body")(used))}, "unused");
}

ModelPtr averaged() {
  auto model = stack();
  model->compile(
      {.optimizer = SGD({.momentum = 0.9, .use_ema = true, .gradient_accumulation_steps = 2}),
       .loss = "mse"});
  model->fit(Tensor::zeros({4, 4}), Tensor::zeros({4, 3}), {.batch_size = 4, .verbose = 0});
  return model;
}

TEST(Summary, EqualsKeras) {
  const std::map<std::string, std::function<ModelPtr()>> models{
      {"stack", stack},   {"unbuilt", unbuilt},  {"deep", deep}, {"two_outputs", two_outputs},
      {"shared", shared}, {"nested", nested},    {"cut", cut},   {"trained", trained},
      {"unused", unused}, {"averaged", averaged}};
  std::ifstream file(TUTTI_SOURCE_DIR "/tests/peers/goldens/summaries.txt");
  std::string line, name, mark, wanted;
  int columns = 0, compared = 0;
  const auto compare = [&] {
    if (name.empty()) return;
    clear_session();
    std::ostringstream out;
    write_summary(out, *models.at(name)(), columns);
    EXPECT_EQ(out.str(), wanted) << name << " on " << columns << " columns";
    ++compared;
  };
  while (std::getline(file, line)) {
    if (!line.starts_with("== ")) {
      wanted += line + "\n";
      continue;
    }
    compare();
    std::istringstream(line) >> mark >> name >> columns;
    wanted.clear();
  }
  compare();
  EXPECT_EQ(compared, 14);
}

TEST(Summary, OfAModelGoesToAnyStream) {
  clear_session();
  std::ostringstream whole, given;
  deep()->summary(whole);
  write_summary(given, *deep(), 80);
  EXPECT_NE(whole.str().find("Total params: 899,260"), std::string::npos) << whole.str();
  EXPECT_EQ(whole.str().substr(0, 200), given.str().substr(0, 200));
}

TEST(Summary, NeedsRoom) {
  std::ostringstream out;
  EXPECT_THROW(write_summary(out, *stack(), 15), Error);
}

class TwoLayers : public Model {
 public:
  TwoLayers() { set_name("two_layers"); }

 protected:
  Value call(const Value& x) override { return out_(hidden_(x)); }

 private:
  Dense hidden_ = dense(8, "hidden"), out_ = dense(3, "out");
};

TEST(Summary, OfASubclassListsItsLayersWithoutTheInput) {
  TwoLayers model;
  model.build_graph({{"", {4}}});
  std::ostringstream out;
  model.summary(out);
  EXPECT_NE(out.str().find(
                "│ hidden (Dense)                  │ (None, 8)              │            40 │"),
            std::string::npos)
      << out.str();
  EXPECT_EQ(out.str().find("Input"), std::string::npos) << out.str();
  EXPECT_NE(out.str().find("Total params: 67 (268.00 B)"), std::string::npos);
}

}  // namespace
}  // namespace tutti
