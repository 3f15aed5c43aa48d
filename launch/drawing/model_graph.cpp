#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/error.h"
#include "core/model/layer_graph.h"
#include "launch/drawing/layered_layout.h"
#include "launch/drawing/model_drawing.h"

namespace tutti::drawing {
namespace {

constexpr double kPad = 14, kCardHeight = 52, kFrameHead = 30, kWidest = 300;

// What stands on a card: the layer's name and kind on the left, shape and parameters on the right.
struct Card {
  std::string name, kind, shape, parameters;
  bool weights = false, trained = false;
  Picture inner;  // of a model: its own drawing
  double width = 0, height = kCardHeight;
};

std::string parameters_text(const Layer& layer) {
  if (!layer.built()) return "";
  const auto count = [](const std::vector<VariablePtr>& variables) {
    int64_t sum = 0;
    for (const auto& variable : variables) sum += variable->shape().elements();
    return sum;
  };
  const int64_t all = count(layer.weights()), trained = count(layer.trainable_weights());
  if (all == 0) return "";
  if (trained == all) return fmt::format("{} parameters", count_text(all));
  if (trained == 0) return fmt::format("{} frozen", count_text(all));
  return fmt::format("{}, {} of them trained", count_text(all), count_text(trained));
}

Picture draw_calls(const Model& model);

Card make_card(const LayerCall& call) {
  const Layer& layer = *call.layer;
  Card card;
  const std::string activation = activation_of(layer);
  card.name = layer.name();
  card.kind = kind_text(layer) + (activation.empty() ? "" : " · " + activation);
  for (const Shape& shape : call.outputs)
    card.shape += (card.shape.empty() ? "" : ", ") + to_string(shape);
  card.parameters = parameters_text(layer);
  card.weights = layer.built() && !layer.weights().empty();
  card.trained = card.weights && !layer.trainable_weights().empty();
  const auto* inner = dynamic_cast<const Model*>(&layer);
  if (inner && inner->built_graph()) {
    card.inner = draw_calls(*inner);
    card.height = card.inner.height() + kFrameHead + kPad;
  }
  const double left = std::max(text_width(card.name, 13, true), text_width(card.kind, 11));
  const double right = std::max(text_width(card.shape, 11), text_width(card.parameters, 11));
  card.width = std::max({left + right + 44, card.inner.width() + 2 * kPad, 200.0});
  return card;
}

void draw_card(Picture& picture, const Card& card, const Box& box) {
  const Paint edge = card.trained ? Ink::series_1 : Ink::axis;
  picture.rectangle(box, card.inner.elements().empty() ? Ink::panel : Ink::none,
                    {edge, card.trained ? 1.4 : 1, card.weights && !card.trained}, 6);
  if (card.trained)
    picture.rectangle({box.x, box.y + 8, 4, kCardHeight - 16}, Ink::series_1, {}, 2);
  if (!card.inner.elements().empty()) {
    picture.text({box.x + 12, box.y + 20}, card.name, {13, Ink::text, Anchor::start, true});
    picture.text({box.x + 20 + text_width(card.name, 13, true), box.y + 20}, card.kind,
                 {11, Ink::soft});
    picture.text({box.right() - 10, box.y + 20}, card.parameters, {11, Ink::soft, Anchor::end});
    picture.add(card.inner, {box.x + (box.width - card.inner.width()) / 2, box.y + kFrameHead});
    return;
  }
  const bool two = !card.parameters.empty();
  picture.text({box.x + 14, box.y + 22}, card.name, {13, Ink::text, Anchor::start, true});
  picture.text({box.x + 14, box.y + 39}, card.kind, {11, Ink::soft});
  picture.text({box.right() - 10, box.y + (two ? 22 : 30)}, card.shape,
               {11, Ink::text, Anchor::end});
  picture.text({box.right() - 10, box.y + 39}, card.parameters, {11, Ink::soft, Anchor::end});
}

void draw_edge(Picture& picture, const std::vector<Point>& curve) {
  picture.curve(curve, {Ink::axis, 1.4});
  const Point end = curve.back();
  picture.polygon({{end.x, end.y}, {end.x - 4, end.y - 7}, {end.x + 4, end.y - 7}}, Ink::axis);
}

// Cards of one width are read more easily, unless one is far wider than others need.
void widen(std::vector<Card>& cards) {
  double width = 0;
  for (const Card& card : cards)
    if (card.inner.elements().empty() && card.width < kWidest) width = std::max(width, card.width);
  for (Card& card : cards) card.width = std::max(card.width, width);
}

Picture draw_calls(const Model& model) {
  const LayerGraph graph(model.inputs(), model.outputs());
  std::vector<Card> cards;
  std::vector<LayoutNode> nodes;
  std::vector<LayoutEdge> edges;
  std::unordered_map<const LayerCall*, size_t> place;
  for (const auto& node : graph.calls()) {
    place[node.call] = cards.size();
    std::vector<size_t> fed_by;
    for (const auto& feeder : node.feeders) fed_by.push_back(place.at(feeder.call));
    std::sort(fed_by.begin(), fed_by.end());
    fed_by.erase(std::unique(fed_by.begin(), fed_by.end()), fed_by.end());
    for (const size_t from : fed_by) edges.push_back({from, cards.size()});
    cards.push_back(make_card(*node.call));
  }
  widen(cards);
  for (const Card& card : cards) nodes.push_back({card.width, card.height});
  const Layout layout = lay_out(nodes, edges);
  Picture picture(layout.width + 2, layout.height + 2, "");
  Picture drawn(layout.width, layout.height, "");
  for (const auto& curve : layout.edges) draw_edge(drawn, curve);
  for (size_t i = 0; i < cards.size(); ++i) draw_card(drawn, cards[i], layout.nodes[i]);
  picture.add(drawn, {1, 1});
  return picture;
}

}  // namespace

Picture draw_model_graph(const Model& model) {
  const Picture calls = draw_calls(model);
  int64_t all = 0, trained = 0;
  for (const auto& variable : model.weights())
    (variable->trainable() ? trained : all) += variable->shape().elements();
  all += trained;
  const std::string foot =
      all == trained
          ? fmt::format("{} parameters, all trained", count_text(all))
          : fmt::format("{} parameters, {} trained", count_text(all), count_text(trained));
  const double width =
      std::max({calls.width(), text_width(model.name(), 14, true), text_width(foot, 11)}) +
      2 * kPad;
  Picture picture(width, calls.height() + 70,
                  fmt::format("The graph of {}: {}", model.name(), foot));
  picture.text({kPad, 24}, model.name(), {14, Ink::text, Anchor::start, true});
  picture.add(calls, {(width - calls.width()) / 2, 38});
  picture.text({kPad, calls.height() + 58}, foot, {11, Ink::soft});
  return picture;
}

Picture draw_model(const Model& model, const std::string& style, bool known) {
  if (style == "neurons") return draw_neurons(model, known);
  if (style == "blocks") return draw_blocks(model);
  if (style == "graph") return draw_model_graph(model);
  fail(ExitCode::usage, "--style", "'{}' is unknown; use graph, neurons or blocks", style);
}

std::string kind_text(const Layer& layer) {
  return typeid(layer) == typeid(Model) ? "Functional" : layer.class_name();
}

std::string activation_of(const Layer& layer) {
  if (!kind_of(layer)) return "";
  const Config config = kind_config(layer);
  if (!config.is_map()) return "";
  const Config* activation = config.as_map()[0].second.find("activation");
  if (!activation || activation->is_null()) return "";
  const std::string name =
      activation->is_string() ? activation->as_string() : activation->as_map()[0].first;
  return name == "linear" ? "" : name;
}

std::string count_text(int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<int64_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<size_t>(at), ",");
  return text;
}

std::string size_text(const Shape& shape) {
  std::string text;
  for (int axis = 1; axis < shape.rank(); ++axis)
    text += fmt::format("{}{}", text.empty() ? "" : " × ",
                        shape[axis] == kRows ? "?" : std::to_string(shape[axis]));
  return text.empty() ? "1" : text;
}

std::optional<std::vector<const LayerCall*>> chain_of(const Model& model) {
  const LayerGraph graph(model.inputs(), model.outputs());
  std::vector<const LayerCall*> chain;
  for (const auto& node : graph.calls()) {
    const bool follows = chain.empty()
                             ? node.feeders.empty()
                             : node.feeders.size() == 1 && node.feeders[0].call == chain.back();
    if (!follows || node.call->outputs.size() != 1) return std::nullopt;
    chain.push_back(node.call);
  }
  return chain.empty() ? std::nullopt : std::optional(chain);
}

}  // namespace tutti::drawing
