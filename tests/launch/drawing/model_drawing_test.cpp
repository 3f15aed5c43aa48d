#include "launch/drawing/model_drawing.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>

#include "core/base/filesystem.h"
#include "launch/drawing/picture_file.h"
#include "launch/drawing/svg.h"
#include "launch/tutti.h"

namespace tutti::drawing {
namespace {

using testing::HasSubstr;

int count(const std::string& text, const std::string& word) {
  int found = 0;
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
  return found;
}

TEST(ModelDrawing, InnerModelsAreFramesAroundTheirLayers) {
  const Value x = Input({4}, "x");
  const auto shared = std::make_shared<Sequential>(
      std::vector<std::shared_ptr<Layer>>{Dense({.units = 3}, "part").pointer()}, "block");
  const Value once = LayerHandle(shared)(x);
  const Value twice = Dense({.units = 1}, "head")(once);
  const Model model(x, twice, "outer");
  const std::string svg = to_svg(draw_model_graph(model));
  for (const char* word :
       {"outer", "block", "Sequential", "part", "(None, 3)", "head", "19 parameters, all trained"})
    EXPECT_THAT(svg, HasSubstr(word));
}

TEST(ModelDrawing, ASharedLayerStandsAtEachOfItsCalls) {
  Dense shared({.units = 3}, "shared");
  const Value a = Input({4}, "a"), b = Input({4}, "b");
  const Model model({a, b}, {Add()({shared(a), shared(b)})}, "twins");
  EXPECT_EQ(count(to_svg(draw_model_graph(model)), ">shared<"), 2);
}

TEST(ModelDrawing, HundredsOfLayersAreDrawnAtOnce) {
  const Value x = Input({4}, "x");
  Value y = x;
  for (int i = 0; i < 150; ++i) y = Add()({y, Dense({.units = 4, .activation = "relu"})(y)});
  const Picture picture = draw_model_graph(Model(x, y));
  EXPECT_GT(picture.height(), 301 * 52);
  EXPECT_LT(picture.width(), 1500);
}

TEST(ModelDrawing, WeightsOfNeuronsHaveTheirSign) {
  Dense line({.units = 1, .use_bias = false}, "line");
  Sequential model({line});
  model.build_graph({{"x", Shape({2}), DType::f32}});
  model.set_weights({Tensor::from(std::vector{-1.0f, 0.5f}, {2, 1})});
  const std::string known = to_svg(draw_neurons(model, true));
  EXPECT_EQ(count(known, "class=\"stroke-series-1\" fill=\"none\""), 1);
  EXPECT_EQ(count(known, "class=\"stroke-series-2\" fill=\"none\""), 1);
  const std::string unknown = to_svg(draw_neurons(model, false));
  EXPECT_EQ(count(unknown, "class=\"stroke-axis\" fill=\"none\""), 2);
}

TEST(ModelDrawing, ColumnsOfManyUnitsAreCutInTheMiddle) {
  Sequential model({Dense(500), Dense(2)});
  model.build_graph({{"x", Shape({3}), DType::f32}});
  const std::string svg = to_svg(draw_neurons(model, false));
  EXPECT_EQ(count(svg, "<circle"), 3 + 12 + 3 + 2);  // three dots stand for the others
  EXPECT_THAT(svg, HasSubstr("500 units"));
  EXPECT_FALSE(drawn_as_neurons(model));
}

TEST(ModelDrawing, NumbersAreSaidAsPeopleSayThem) {
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(size_text({kRows, 28, 28, 1}), "28 × 28 × 1");
  EXPECT_EQ(activation_of(*Dense(2, "relu")), "relu");
  EXPECT_EQ(activation_of(*Dense(2, "linear")), "");
  EXPECT_EQ(activation_of(*Dense({.units = 2, .activation = LeakyReLU(0.1)})), "LeakyReLU");
}

TEST(PlotModel, WritesTheKindOfPictureThatTheNameSays) {
  Sequential model({Dense(3, "relu"), Dense(1)});
  const auto folder = std::filesystem::path(testing::TempDir());
  const auto drawn = [&](const char* name, const std::string& style) {
    plot_model(model, {.to_file = folder / name, .style = style});
    return FileSystem::current().read(folder / name);
  };
  EXPECT_THROW(drawn("early.svg", "graph"), Error) << "it has no shapes yet";
  model.build_graph({{"x", {4}, DType::f32}});
  EXPECT_THAT(drawn("model.svg", "graph"), HasSubstr("19 parameters"));
  EXPECT_THAT(drawn("model.png", "neurons"), testing::StartsWith("\x89PNG"));
  EXPECT_THROW(drawn("model.gif", "graph"), Error);
  EXPECT_THROW(drawn("model.svg", "cubes"), Error);
}

}  // namespace
}  // namespace tutti::drawing
