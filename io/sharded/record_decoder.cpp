#include "io/sharded/record_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "io/event_log/record_frame.h"
#include "io/formats/csv_number.h"
#include "io/formats/csv_records.h"
#include "io/formats/image_file.h"

namespace tutti {

const std::string RecordDecoder::kRecord = "record";

std::string_view without_record_place(std::string_view message) {
  const std::string place = fmt::format("[{}", RecordDecoder::kRecord);
  const size_t end = message.find("] ");
  return message.starts_with(place) && end != std::string_view::npos ? message.substr(end + 2)
                                                                     : message;
}

namespace {

class ExampleDecoder final : public RecordDecoder {
 public:
  explicit ExampleDecoder(std::vector<FeatureColumn> features) : features_(std::move(features)) {
    for (const auto& feature : features_)
      columns_.push_back({feature.name, feature.shape, feature.dtype});
  }
  void decode(std::string_view bytes, int64_t, const std::vector<void*>& into) const override {
    const auto record = framed_record(bytes);
    if (!record)
      fail(ExitCode::data, kRecord, "is damaged: its checksum is wrong; copy the file again");
    read_example(*record, kRecord, features_, into);
  }

 private:
  std::vector<FeatureColumn> features_;
};

class ArrayDecoder final : public RecordDecoder {
 public:
  ArrayDecoder(const std::string& name, const ArrayLayout& layout)
      : convert_(layout.convert), elements_(layout.shape.elements_per_row()) {
    columns_.push_back({name, layout.shape.tail(), layout.dtype});
  }
  bool copies() const override { return !convert_; }
  void decode(std::string_view bytes, int64_t, const std::vector<void*>& into) const override {
    if (convert_)
      convert_(reinterpret_cast<const std::byte*>(bytes.data()), into[0], elements_);
    else
      std::memcpy(into[0], bytes.data(), bytes.size());
  }

 private:
  void (*convert_)(const std::byte*, void*, int64_t);
  int64_t elements_;
};

class PictureDecoder final : public RecordDecoder {
 public:
  PictureDecoder(ImageLoading loading, std::vector<int64_t> labels)
      : loading_(std::move(loading)), labels_(std::move(labels)) {
    const auto& size = loading_.image_size;
    columns_.push_back({"image", {size[0], size.back(), channels_of(loading_.color_mode)}});
    if (!labels_.empty()) columns_.push_back({"label", {}, DType::i32});
  }
  void decode(std::string_view bytes, int64_t record,
              const std::vector<void*>& into) const override {
    resize_picture(decode_image(bytes, channels_of(loading_.color_mode), kRecord), loading_,
                   static_cast<float*>(into[0]));
    if (!labels_.empty())
      *static_cast<int32_t*>(into[1]) = static_cast<int32_t>(labels_[static_cast<size_t>(record)]);
  }

 private:
  ImageLoading loading_;
  std::vector<int64_t> labels_;
};

class CsvDecoder final : public RecordDecoder {
 public:
  explicit CsvDecoder(CsvRowOptions options) : options_(std::move(options)) {
    const auto& names = options_.names;
    int64_t features = 0;
    for (const auto& name : names) features += !is_label(name);
    columns_.push_back({"features", {features}});
    for (const auto& label : options_.labels) {
      const auto found = std::find(names.begin(), names.end(), label);
      if (found == names.end())
        fail(ExitCode::data, "csv", "there is no column '{}'{}", label,
             near_or(label, names, fmt::format("; there are {}", fmt::join(names, ", "))));
      label_cells_.push_back(static_cast<size_t>(found - names.begin()));
      const auto dtype = options_.dtypes.find(label);
      const bool classes = options_.classes.contains(label);
      columns_.push_back({label,
                          {},
                          classes                          ? DType::i32
                          : dtype == options_.dtypes.end() ? DType::f32
                                                           : dtype->second});
      if (columns_.back().dtype != DType::f32 && columns_.back().dtype != DType::i32)
        fail("csv", "label '{}' is {}; use float32 or int32", label,
             name_of(columns_.back().dtype));
    }
    if (features == 0) fail(ExitCode::data, "csv", "no column is left for the inputs; add one");
  }

  void decode(std::string_view bytes, int64_t, const std::vector<void*>& into) const override {
    thread_local std::vector<std::string_view> cells;
    CsvRecords records(bytes, options_.delimiter, kRecord);
    if (!records.next(cells) || cells.size() != options_.names.size())
      fail(ExitCode::data, kRecord, "has {} cells, the first line has {}; every line needs as many",
           cells.size(), options_.names.size());
    auto* features = static_cast<float*>(into[0]);
    for (size_t i = 0; i < cells.size(); ++i)
      if (!is_label(options_.names[i])) *features++ = number_in(cells[i], i);
    for (size_t i = 0; i < label_cells_.size(); ++i)
      read_label(cells[label_cells_[i]], label_cells_[i], columns_[i + 1].dtype, into[i + 1]);
  }

 private:
  bool is_label(const std::string& name) const {
    return std::find(options_.labels.begin(), options_.labels.end(), name) != options_.labels.end();
  }
  [[noreturn]] void refuse_cell(size_t column, std::string_view expected,
                                std::string_view cell) const {
    std::string shown(cell.substr(0, 40));
    for (char& c : shown)
      if (static_cast<unsigned char>(c) < 32) c = ' ';
    fail(ExitCode::data, kRecord, "column '{}': expected {}, got '{}'; correct the cell",
         options_.names[column], expected, shown);
  }
  float number_in(std::string_view cell, size_t column) const {
    double value = 0;
    if (parse_cell(cell, value) != CellKind::number || !std::isfinite(static_cast<float>(value)))
      refuse_cell(column, "a finite number", cell);
    return static_cast<float>(value);
  }
  void read_label(std::string_view cell, size_t column, DType dtype, void* into) const {
    if (const auto found = options_.classes.find(options_.names[column]);
        found != options_.classes.end()) {
      const auto& classes = found->second;
      const auto at = std::find(classes.begin(), classes.end(), trimmed_cell(cell));
      if (at == classes.end())
        refuse_cell(column, fmt::format("one of {}", fmt::join(classes, ", ")), cell);
      *static_cast<int32_t*>(into) = static_cast<int32_t>(at - classes.begin());
    } else if (dtype == DType::f32) {
      *static_cast<float*>(into) = number_in(cell, column);
    } else {
      double value = 0;
      if (parse_cell(cell, value) != CellKind::number || value != std::floor(value) ||
          std::abs(value) > std::numeric_limits<int32_t>::max())
        refuse_cell(column, "a whole number", cell);
      *static_cast<int32_t*>(into) = static_cast<int32_t>(value);
    }
  }

  CsvRowOptions options_;
  std::vector<size_t> label_cells_;
};

}  // namespace

RecordDecoderPtr example_decoder(std::vector<FeatureColumn> features) {
  return std::make_shared<ExampleDecoder>(std::move(features));
}
RecordDecoderPtr array_decoder(const std::string& name, const ArrayLayout& layout) {
  return std::make_shared<ArrayDecoder>(name, layout);
}
RecordDecoderPtr picture_decoder(ImageLoading loading, std::vector<int64_t> labels) {
  return std::make_shared<PictureDecoder>(std::move(loading), std::move(labels));
}
RecordDecoderPtr csv_decoder(CsvRowOptions options) {
  return std::make_shared<CsvDecoder>(std::move(options));
}

}  // namespace tutti
