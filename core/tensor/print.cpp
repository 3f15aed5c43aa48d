// Tensors as NumPy prints them with its default options: 8 digits, lines of 75 columns, "..."
// inside arrays of more than 1000 elements.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <ostream>
#include <type_traits>

#include "core/base/error.h"
#include "core/tensor/tensor.h"

namespace tutti {
namespace {

constexpr int kPrintDigits = 8;
constexpr size_t kLineWidth = 75;
constexpr int64_t kPrintAll = 1000;  // more elements than this are abridged
constexpr int64_t kPrintEdge = 3;

// A finite number, cut at the point or the exponent: 12.5e+03 is {"12", "5", "+03"}.
struct NumberText {
  std::string whole, fraction, exponent;
};

NumberText split_number(std::string_view text) {
  NumberText parts;
  if (const size_t e = text.find('e'); e != std::string_view::npos) {
    parts.exponent = text.substr(e + 1);
    text = text.substr(0, e);
  }
  const size_t point = text.find('.');
  parts.whole = text.substr(0, point);
  if (point != std::string_view::npos) parts.fraction = text.substr(point + 1);
  while (!parts.fraction.empty() && parts.fraction.back() == '0') parts.fraction.pop_back();
  return parts;
}

template <typename T>
NumberText float_parts(T value, std::chars_format format) {
  std::array<char, 512> buffer;
  // The fewest digits that read back the same value; rounded where they are more than NumPy shows.
  auto end = std::to_chars(buffer.begin(), buffer.end(), value, format).ptr;
  NumberText parts = split_number({buffer.data(), end});
  if (parts.fraction.size() <= static_cast<size_t>(kPrintDigits)) return parts;
  end = std::to_chars(buffer.begin(), buffer.end(), value, format, kPrintDigits).ptr;
  return split_number({buffer.data(), end});
}

// How the elements of one array are written, all equally wide.
template <typename T>
class FloatFormat {
 public:
  explicit FloatFormat(const std::vector<T>& shown) {
    T largest = 0, least = std::numeric_limits<T>::infinity();
    for (const T value : shown) {
      if (!std::isfinite(value) || value == 0) continue;
      largest = std::max(largest, std::abs(value));
      least = std::min(least, std::abs(value));
    }
    scientific_ =
        largest > 0 && (largest >= kLargest || least < T(1e-4) || largest / least > T(1000));
    bool special = false, negative_special = false;
    for (const T value : shown) {
      if (!std::isfinite(value)) {
        special = true;
        negative_special = negative_special || (std::isinf(value) && value < 0);
        continue;
      }
      const NumberText parts = float_parts(value, format());
      whole_ = std::max(whole_, parts.whole.size());
      fraction_ = std::max(fraction_, parts.fraction.size());
      exponent_ = std::max(exponent_, parts.exponent.size());
    }
    const size_t right = right_width() + 1;
    if (special) whole_ = std::max(whole_, 3 + negative_special - std::min<size_t>(3, right));
  }

  std::string operator()(T value) const {
    if (!std::isfinite(value)) {
      const std::string text = std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
      return pad_left(text, whole_ + 1 + right_width());
    }
    NumberText parts = float_parts(value, format());
    if (scientific_) {  // all get as many digits, the exact ones; otherwise blanks fill the column
      std::array<char, 512> buffer;
      const auto end =
          std::to_chars(buffer.begin(), buffer.end(), value, format(), static_cast<int>(fraction_))
              .ptr;
      parts = split_number({buffer.data(), end});
    }
    parts.fraction.resize(fraction_, scientific_ ? '0' : ' ');
    std::string text = pad_left(parts.whole, whole_) + '.' + parts.fraction;
    if (scientific_) {
      std::string digits = parts.exponent.substr(1);
      text += 'e' + parts.exponent.substr(0, 1) + std::string(exponent_ - 1 - digits.size(), '0') +
              digits;
    }
    return text;
  }

 private:
  // Above this an exponent is shorter: ten to the digits that T keeps, at most 8.
  static constexpr T kLargest = std::is_same_v<T, float> ? T(1e6) : T(1e8);

  static std::string pad_left(const std::string& text, size_t width) {
    return std::string(width - std::min(width, text.size()), ' ') + text;
  }
  std::chars_format format() const {
    return scientific_ ? std::chars_format::scientific : std::chars_format::fixed;
  }
  size_t right_width() const { return fraction_ + (scientific_ ? exponent_ + 1 : 0); }

  bool scientific_ = false;
  size_t whole_ = 0, fraction_ = 0, exponent_ = 0;
};

// A scalar as Python's str() writes it.
template <typename T>
std::string scalar_text(T value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  const T size = std::abs(value);
  const bool scientific = size != 0 && (size >= T(1e16) || size < T(1e-4));
  std::array<char, 512> buffer;
  const auto format = scientific ? std::chars_format::scientific : std::chars_format::fixed;
  std::string text(buffer.data(), std::to_chars(buffer.begin(), buffer.end(), value, format).ptr);
  if (!scientific && text.find('.') == std::string::npos) text += ".0";
  return text;
}

// Lays out words in brackets. `words` gives the text of the element at a flat index.
template <typename Words>
class PrintLayout {
 public:
  PrintLayout(const Shape& shape, bool abridged, const Words& words)
      : shape_(shape), abridged_(abridged), words_(words) {}

  std::string write(int axis, int64_t offset, const std::string& indent, size_t width) const {
    const int below = shape_.rank() - axis;
    if (below == 0) return words_(offset);
    int64_t stride = 1;
    for (int i = axis + 1; i < shape_.rank(); ++i) stride *= shape_[i];
    std::string text, line = indent;
    const auto place = [&](const std::string& word, bool last) {
      if (below == 1) {
        if (line.size() + word.size() > width - 1 && line.size() > indent.size()) {
          line.erase(line.find_last_not_of(' ') + 1);
          text += line + '\n';
          line = indent;
        }
        line += word;
        if (last)
          text += line;
        else
          line += ' ';
      } else {
        text += indent + word;
        if (!last) text += std::string(static_cast<size_t>(below - 1), '\n');
      }
    };
    const int64_t extent = shape_[axis];
    const bool gap = abridged_ && extent > 2 * kPrintEdge;
    for (int64_t i = 0; i < extent; ++i) {
      if (gap && i == kPrintEdge) {
        place("...", false);
        i = extent - kPrintEdge;
      }
      place(write(axis + 1, offset + i * stride, indent + ' ', width - 1), i + 1 == extent);
    }
    return '[' + text.substr(indent.size()) + ']';
  }

 private:
  const Shape& shape_;
  bool abridged_;
  const Words& words_;
};

// The flat indices that are printed: all, or those near the edges of every axis.
std::vector<int64_t> shown_elements(const Shape& shape, bool abridged) {
  std::vector<int64_t> shown = {0};
  for (const int64_t extent : shape.dims()) {
    std::vector<int64_t> next;
    for (const int64_t base : shown)
      for (int64_t i = 0; i < extent; ++i)
        if (!abridged || extent <= 2 * kPrintEdge || i < kPrintEdge || i >= extent - kPrintEdge)
          next.push_back(base * extent + i);
    shown = std::move(next);
  }
  return shown;
}

template <typename T>
std::string print_floats(const Tensor& tensor) {
  const auto values = tensor.to_vector<T>();
  if (tensor.shape().rank() == 0) return scalar_text(values[0]);
  const bool abridged = tensor.elements() > kPrintAll;
  std::vector<T> shown;
  for (const int64_t index : shown_elements(tensor.shape(), abridged))
    shown.push_back(values[static_cast<size_t>(index)]);
  const FloatFormat<T> format(shown);
  const auto word = [&](int64_t index) { return format(values[static_cast<size_t>(index)]); };
  return PrintLayout(tensor.shape(), abridged, word).write(0, 0, " ", kLineWidth);
}

std::string print_integers(const Tensor& tensor) {
  const auto values = tensor.to_vector<int64_t>();
  const bool is_bool = tensor.dtype() == DType::bool_;
  const auto plain = [&](int64_t index) -> std::string {
    const int64_t value = values[static_cast<size_t>(index)];
    return is_bool ? (value ? "True" : "False") : std::to_string(value);
  };
  if (tensor.shape().rank() == 0) return plain(0);
  const bool abridged = tensor.elements() > kPrintAll;
  size_t width = is_bool ? 5 : 0;
  for (const int64_t index : shown_elements(tensor.shape(), abridged))
    width = std::max(width, plain(index).size());
  const auto word = [&](int64_t index) {
    const std::string text = plain(index);
    return std::string(width - text.size(), ' ') + text;
  };
  return PrintLayout(tensor.shape(), abridged, word).write(0, 0, " ", kLineWidth);
}

std::string print_text(const Tensor& tensor) {
  const auto texts = tensor.span<std::string_view>();
  const auto quoted = [&](int64_t index) {
    return fmt::format("'{}'", texts[static_cast<size_t>(index)]);
  };
  if (tensor.shape().rank() == 0) return quoted(0);
  const bool abridged = tensor.elements() > kPrintAll;
  size_t width = 0;
  for (const int64_t index : shown_elements(tensor.shape(), abridged))
    width = std::max(width, quoted(index).size());
  const auto word = [&](int64_t index) { return fmt::format("{:<{}}", quoted(index), width); };
  return PrintLayout(tensor.shape(), abridged, word).write(0, 0, " ", kLineWidth);
}

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined() || tensor.elements() == 0) return "[]";
  if (tensor.dtype() == DType::string) return print_text(tensor.to_host());
  if (tensor.dtype() == DType::f64) return print_floats<double>(tensor);
  if (is_floating(tensor.dtype())) return print_floats<float>(tensor);
  return print_integers(tensor);
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) {
  return out << to_string(tensor);
}

}  // namespace tutti
