#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/layers/input_layer.h"
#include "launch/drawing/model_drawing.h"

namespace tutti::drawing {
namespace {

constexpr double kLargest = 150;  // pixels of the longest side
constexpr double kSlope = 0.42;   // of what goes into the depth

struct Block {
  Shape shape;
  std::vector<std::string> words;
  bool image = false;
  double height = 0, depth = 0, width = 0;
};

// "3 × 3" of a layer that has one: the size of its kernel or pool.
std::string window_of(const Layer& layer) {
  const Config config = kind_of(layer) ? kind_config(layer) : Config();
  if (!config.is_map()) return "";
  for (const char* key : {"kernel_size", "pool_size"}) {
    const Config* size = config.as_map()[0].second.find(key);
    if (!size || size->is_null()) continue;
    if (!size->is_list()) return to_string(*size);
    std::string text;
    for (const Config& extent : size->as_list())
      text += (text.empty() ? "" : " × ") + to_string(extent);
    return text;
  }
  return "";
}

std::vector<Block> blocks_of(const std::vector<const LayerCall*>& chain) {
  std::vector<Block> blocks;
  for (const LayerCall* call : chain) {
    const Layer& layer = *call->layer;
    const Shape& shape = call->outputs[0];
    const bool changes = blocks.empty() || !(blocks.back().shape == shape) ||
                         (!layer.weights().empty() && !layer.trainable_weights().empty() &&
                          !window_of(layer).empty());
    const std::string activation = activation_of(layer);
    if (!changes) {  // what works on the numbers where they are is told with them
      if (kind_text(layer) != "Flatten") blocks.back().words.push_back(kind_text(layer));
      continue;
    }
    Block block{shape, {}, shape.rank() == 4};
    const bool input = dynamic_cast<const InputLayer*>(&layer) != nullptr;
    block.words.push_back(input ? "input" : kind_text(layer));
    if (const std::string window = window_of(layer); !window.empty()) block.words.push_back(window);
    if (!activation.empty()) block.words.push_back(activation);
    blocks.push_back(std::move(block));
  }
  return blocks;
}

void measure(std::vector<Block>& blocks) {
  double longest = 1, channels = 1, flat = 1;
  for (const Block& block : blocks) {
    if (block.image) {
      longest = std::max({longest, double(block.shape[1]), double(block.shape[2])});
      channels = std::max(channels, static_cast<double>(block.shape[3]));
    } else {
      flat = std::max(flat, static_cast<double>(block.shape.elements_per_row()));
    }
  }
  // Areas are compared more easily than lengths that differ a hundredfold: roots.
  for (Block& block : blocks) {
    if (block.image) {
      block.height = std::max(8.0, kLargest * std::sqrt(double(block.shape[1]) / longest));
      block.depth = std::max(8.0, kLargest * std::sqrt(double(block.shape[2]) / longest)) * kSlope;
      block.width = std::max(6.0, 56 * std::sqrt(double(block.shape[3]) / channels));
    } else {
      const double share = std::log1p(double(block.shape.elements_per_row())) / std::log1p(flat);
      block.height = std::max(14.0, kLargest * share);
      block.depth = 5;
      block.width = 12;
    }
  }
}

void draw_box(Picture& picture, const Block& block, Point base, Ink ink) {
  // `base`: the front's lower left corner.
  const double x = base.x, y = base.y - block.height, w = block.width, h = block.height;
  const double d = block.depth, up = d * 0.6;
  const Stroke edge{ink, 1};
  picture.polygon({{x, y}, {x + d, y - up}, {x + d + w, y - up}, {x + w, y}}, {ink, 0.18}, edge);
  picture.polygon({{x + w, y}, {x + w + d, y - up}, {x + w + d, y + h - up}, {x + w, y + h}},
                  {ink, 0.45}, edge);
  picture.rectangle({x, y, w, h}, {ink, 0.28}, edge);
}

double words_width(const Block& block) {
  double width = text_width(size_text(block.shape), 11, true);
  for (const auto& word : block.words) width = std::max(width, text_width(word, 10.5));
  return width;
}

}  // namespace

bool drawn_as_blocks(const Model& model) {
  const auto chain = chain_of(model);
  if (!chain || chain->size() > 40) return false;
  return std::any_of(chain->begin() + 1, chain->end(),
                     [](const LayerCall* call) { return call->outputs[0].rank() == 4; });
}

Picture draw_blocks(const Model& model) {
  const auto chain = chain_of(model);
  if (!chain)
    fail("plot", "{} is no chain of layers, of which blocks are drawn; use --style graph",
         model.name());
  auto blocks = blocks_of(*chain);
  measure(blocks);
  double tall = 0;
  size_t lines = 0;
  for (const Block& block : blocks) {
    tall = std::max(tall, block.height + block.depth * 0.6);
    lines = std::max(lines, block.words.size());
  }
  const double base = tall + 20, height = base + 26 + 14 * static_cast<double>(lines) + 14;
  Picture picture(0, height, fmt::format("The blocks of {}", model.name()));
  double x = 14;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const double solid = block.width + block.depth;
    const double room = std::max(solid, words_width(block)) + 16;
    const Ink ink = !block.image ? (i + 1 == blocks.size() ? Ink::series_3 : Ink::series_5)
                    : i == 0     ? Ink::soft
                                 : Ink::series_1;
    draw_box(picture, block, {x + (room - solid) / 2, base}, ink);
    double y = base + 18;
    picture.text({x + room / 2, y}, size_text(block.shape), {11, Ink::text, Anchor::middle, true});
    for (const auto& word : block.words)
      picture.text({x + room / 2, y += 14}, word, {10.5, Ink::soft, Anchor::middle});
    x += room;
  }
  picture.set_size(x + 14, height);
  return picture;
}

}  // namespace tutti::drawing
