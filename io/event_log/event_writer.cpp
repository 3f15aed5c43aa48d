#include "io/event_log/event_writer.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/model/layer_graph.h"
#include "core/model/model.h"
#include "io/event_log/event.pb.h"
#include "io/event_log/record_frame.h"

namespace tutti {
namespace {

constexpr size_t kBuckets = 30;

double unix_seconds() { return static_cast<double>(Clock::current().unix_time().count()) / 1000; }

std::string host_name() {
  char name[256] = "host";
  gethostname(name, sizeof name - 1);
  return name;
}

event_log::Summary::Value& add_value(event_log::Event& event, const std::string& tag,
                                     const char* plugin) {
  auto& value = *event.mutable_summary()->add_value();
  value.set_tag(tag);
  value.mutable_metadata()->mutable_plugin()->set_name(plugin);
  return value;
}

void set_shape(event_log::Extents& shape, std::initializer_list<int64_t> extents) {
  for (const int64_t extent : extents) shape.add_extents()->set_size(extent);
}

// Map entries in the order of their keys, so that the same event has the same bytes.
std::string bytes_of(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::vector<double> finite_values(const Tensor& tensor) {
  auto values = tensor.to_vector<double>();
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  return values;
}

// Rows of (left edge, right edge, count).
std::vector<double> buckets_of(const std::vector<double>& values) {
  std::vector<double> buckets;
  if (values.empty()) return std::vector<double>(kBuckets * 3, 0.0);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  const double low = *least, range = *most - low, width = range / kBuckets;
  std::vector<double> counts(kBuckets, 0);
  for (const double value : values)
    ++counts[range > 0 ? std::min(static_cast<size_t>((value - low) / width), kBuckets - 1)
                       : kBuckets - 1];
  for (size_t i = 0; i < kBuckets; ++i) {  // edges as NumPy's linspace has them
    buckets.push_back(low + static_cast<double>(i) * width);
    buckets.push_back(i + 1 == kBuckets ? *most : low + static_cast<double>(i + 1) * width);
    buckets.push_back(counts[i]);
  }
  return buckets;
}

void append_number(std::string& bytes, uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
}

void append_chunk(std::string& png, const std::string& kind, const std::string& data) {
  append_number(png, static_cast<uint32_t>(data.size()));
  const std::string checked = kind + data;
  png += checked;
  append_number(png, static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(checked.data()),
                                                 static_cast<uInt>(checked.size()))));
}

}  // namespace

std::string png_bytes(int64_t width, int64_t height, int64_t channels, std::string_view pixels) {
  std::string lines;  // each begins with its filter: none
  const auto line = static_cast<size_t>(width * channels);
  for (size_t row = 0; row < static_cast<size_t>(height); ++row)
    lines += '\0' + std::string(pixels.substr(row * line, line));
  uLongf size = compressBound(lines.size());
  std::string packed(size, '\0');
  if (compress(reinterpret_cast<Bytef*>(packed.data()), &size,
               reinterpret_cast<const Bytef*>(lines.data()), lines.size()) != Z_OK)
    fail(ExitCode::internal, "png", "zlib cannot pack {} bytes; write a smaller image",
         lines.size());
  packed.resize(size);
  std::string header, png = "\x89PNG\r\n\x1a\n";
  append_number(header, static_cast<uint32_t>(width));
  append_number(header, static_cast<uint32_t>(height));
  header += {8, static_cast<char>(channels == 4 ? 6 : channels == 3 ? 2 : 0), 0, 0, 0};
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", "");
  return png;
}

EventWriter::EventWriter(const std::filesystem::path& folder) {
  static std::atomic<int> number{0};
  FileSystem::current().make_directories(folder);
  const std::string name =
      fmt::format("events.out.tfevents.{:010}.{}.{}.{}.v2", static_cast<int64_t>(unix_seconds()),
                  host_name(), getpid(), number++);
  file_.open("EventWriter", folder / name);
  event(0, [](event_log::Event& event) { event.set_file_version("brain.Event:2"); });
}

EventWriter::EventWriter(const std::filesystem::path& file, int64_t bytes) {
  file_.open("EventWriter", file, true);
  file_.restore(bytes);
}

template <typename Fill>
void EventWriter::event(int64_t step, const Fill& fill) {
  event_log::Event event;
  event.set_wall_time(unix_seconds());
  event.set_step(step);
  fill(event);
  file_.write(record_frame(bytes_of(event)));
}

void EventWriter::scalar(const std::string& tag, double value, int64_t step) {
  event(step, [&](event_log::Event& event) {
    auto& tensor = *add_value(event, tag, "scalars").mutable_tensor();
    tensor.set_dtype(event_log::FLOAT);
    tensor.mutable_shape();
    tensor.add_floats(static_cast<float>(value));
  });
}

void EventWriter::histogram(const std::string& tag, const Tensor& values, int64_t step) {
  event(step, [&](event_log::Event& event) {
    auto& tensor = *add_value(event, tag, "histograms").mutable_tensor();
    tensor.set_dtype(event_log::DOUBLE);
    set_shape(*tensor.mutable_shape(), {kBuckets, 3});
    for (const double number : buckets_of(finite_values(values))) tensor.add_doubles(number);
  });
}

void EventWriter::image(const std::string& tag, const Tensor& images, int64_t step) {
  const Shape& shape = images.shape();
  if (shape.rank() != 4 || (shape[3] != 1 && shape[3] != 3 && shape[3] != 4))
    fail("EventWriter", "cannot show images {}; use (count, height, width, 1, 3 or 4)",
         to_string(shape));
  event(step, [&](event_log::Event& event) {
    auto& tensor = *add_value(event, tag, "images").mutable_tensor();
    tensor.set_dtype(event_log::TEXT);
    set_shape(*tensor.mutable_shape(), {2 + shape[0]});
    tensor.add_texts(std::to_string(shape[2]));
    tensor.add_texts(std::to_string(shape[1]));
    for (int64_t i = 0; i < shape[0]; ++i) {
      std::string pixels;
      // As TensorFlow scales them: 255.5 of the whole, without the rest.
      for (const double value : images.row(i).to_vector<double>())
        pixels += static_cast<char>(
            static_cast<uint8_t>(std::clamp(std::isnan(value) ? 0 : value * 255.5, 0.0, 255.0)));
      tensor.add_texts(png_bytes(shape[2], shape[1], shape[3], pixels));
    }
  });
}

void EventWriter::text(const std::string& tag, const std::string& markdown, int64_t step) {
  event(step, [&](event_log::Event& event) {
    auto& tensor = *add_value(event, tag, "text").mutable_tensor();
    tensor.set_dtype(event_log::TEXT);
    tensor.mutable_shape();
    tensor.add_texts(markdown);
  });
}

void EventWriter::graph(const Model& model) {
  const LayerGraph layers(model.inputs(), model.outputs());
  event_log::GraphDef graph;
  graph.mutable_versions()->set_producer(1);
  std::map<const LayerCall*, std::string> names;
  for (const auto& call : layers.calls()) {
    auto& node = *graph.add_node();
    const Layer& layer = *call.call->layer;
    const std::string number =
        call.call->number > 0 ? fmt::format("_call_{}", call.call->number) : "";
    names[call.call] = layer.name() + number;
    node.set_name(names[call.call]);
    node.set_op(layer.class_name());
    for (const auto& feeder : call.feeders) {
      const std::string& from = names.at(feeder.call);
      node.add_input(feeder.output > 0 ? fmt::format("{}:{}", from, feeder.output) : from);
    }
    auto& shapes = *(*node.mutable_attributes())["_output_shapes"].mutable_list();
    for (const Shape& shape : call.call->outputs) {
      auto& extents = *shapes.add_shape();
      for (const int64_t extent : shape.dims()) extents.add_extents()->set_size(extent);
    }
  }
  event(0, [&](event_log::Event& event) { event.set_graph_def(bytes_of(graph)); });
}

}  // namespace tutti
