#include "benchmarks/objectives.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "benchmarks/coco_functions.h"
#include "core/base/error.h"

namespace tutti {
namespace {

double square(double x) { return x * x; }

// 0.397887 at three points.
double branin(const Point& point) {
  const double pi = 3.141592653589793, x = point.at("x"), y = point.at("y");
  return square(y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6) +
         10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
}

// Three models with hyperparameters of their own; 0 with three layers of 256 at a rate of 1e-3.
double models(const Point& point) {
  if (point.at("model") == 0)
    return 0.1 + square((std::log10(point.at("C")) - 1) / 3) +
           square((std::log10(point.at("gamma")) + 2) / 2.5);
  if (point.at("model") == 1)
    return 0.05 + square((point.at("depth") - 12) / 15) + square((point.at("trees") - 120) / 95);
  double value = square((std::log10(point.at("rate")) + 3) / 2);
  const int layers = static_cast<int>(point.at("layers"));
  for (int i = 0; i < layers; ++i)
    value += square((point.at("units_" + std::to_string(i)) - 256) / 240) / 3;
  return value + 0.05 * square(3 - layers);
}

double sphere(const Point& point) {
  double value = 0;
  for (const auto& [name, number] : point) value += square(number - 1);
  return value;
}

// -3.32237 at one point; there are five other hollows.
double hartmann6(const Point& point) {
  constexpr std::array<double, 4> kDepths = {1, 1.2, 3, 3.2};
  constexpr double kNarrow[4][6] = {{10, 3, 17, 3.5, 1.7, 8},
                                    {0.05, 10, 17, 0.1, 8, 14},
                                    {3, 3.5, 1.7, 10, 17, 8},
                                    {17, 8, 0.05, 10, 0.1, 14}};
  constexpr double kPlaces[4][6] = {{0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886},
                                    {0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991},
                                    {0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650},
                                    {0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381}};
  double value = 0;
  for (size_t hollow = 0; hollow < 4; ++hollow) {
    double distance = 0;
    for (size_t i = 0; i < 6; ++i)
      distance +=
          kNarrow[hollow][i] * square(point.at("x" + std::to_string(i)) - kPlaces[hollow][i]);
    value -= kDepths[hollow] * std::exp(-distance);
  }
  return value;
}

SearchSpace cube(int dimensions, double low, double high) {
  SearchSpace space;
  for (int i = 0; i < dimensions; ++i)
    space.add({"x" + std::to_string(i), FloatDistribution{low, high}});
  return space;
}

SearchSpace models_space() {
  SearchSpace space;
  space.add({"model", CategoricalDistribution{{Config("svm"), Config("forest"), Config("net")}}});
  const auto only = [](const char* model) {
    return std::vector<Condition>{{"model", {Config(model)}}};
  };
  space.add({"C", FloatDistribution{1e-3, 1e3, true}, only("svm")});
  space.add({"gamma", FloatDistribution{1e-4, 1e1, true}, only("svm")});
  space.add({"depth", IntDistribution{2, 32}, only("forest")});
  space.add({"trees", IntDistribution{10, 200, 10}, only("forest")});
  space.add({"rate", FloatDistribution{1e-5, 1e-1, true}, only("net")});
  space.add({"layers", IntDistribution{1, 3}, only("net")});
  space.add({"units_0", IntDistribution{32, 512, 32}, only("net")});
  space.add({"units_1", IntDistribution{32, 512, 32}, {{"layers", {Config(2), Config(3)}}}});
  space.add({"units_2", IntDistribution{32, 512, 32}, {{"layers", {Config(3)}}}});
  return space;
}

Objective coco(int number) {
  return {cube(5, -5, 5), [number](const Point& point) {
            std::vector<double> x;
            for (const auto& [name, place] : point) x.push_back(place);
            return coco_function(number, x);
          }};
}

}  // namespace

std::vector<std::string> objective_names() {
  std::vector<std::string> names = {"branin", "hartmann6", "models", "sphere8"};
  for (int number = 1; number <= kCocoFunctions; ++number)
    names.push_back("coco" + std::to_string(number));
  return names;
}

Objective objective_of(const std::string& name) {
  if (name == "branin") {
    SearchSpace space;
    space.add({"x", FloatDistribution{-5, 10}});
    space.add({"y", FloatDistribution{0, 15}});
    return {space, branin};
  }
  if (name == "hartmann6") return {cube(6, 0, 1), hartmann6};
  if (name == "models") return {models_space(), models};
  if (name == "sphere8") return {cube(8, -5, 5), sphere};
  for (int number = 1; number <= kCocoFunctions; ++number)
    if (name == "coco" + std::to_string(number)) return coco(number);
  fail("tuners", "'{}' is unknown{}", name,
       near_or(name, objective_names(), "; see `bench_tuners objectives`"));
}

}  // namespace tutti
