// From the bytes of a record to a row of columns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/row_source.h"
#include "io/formats/array_layout.h"
#include "io/formats/example.h"
#include "io/image_folder.h"

namespace tutti {

// A pure function of the record. Several threads decode at once.
class RecordDecoder {
 public:
  virtual ~RecordDecoder() = default;
  const std::vector<RowColumn>& columns() const { return columns_; }
  // Whether a record is the one column's row as it lies in memory.
  virtual bool copies() const { return false; }
  // Writes one row of each column. Throws Error for a record that makes none, at the place
  // `kRecord`: who asks knows where it lies.
  virtual void decode(std::string_view bytes, int64_t record,
                      const std::vector<void*>& into) const = 0;
  static const std::string kRecord;

 protected:
  std::vector<RowColumn> columns_;
};
// An error's message without that place.
std::string_view without_record_place(std::string_view message);
using RecordDecoderPtr = std::shared_ptr<const RecordDecoder>;

// tf.train.Example in frames.
RecordDecoderPtr example_decoder(std::vector<FeatureColumn> features);

// Rows of arrays of this layout.
RecordDecoderPtr array_decoder(const std::string& name, const ArrayLayout& layout);

// Pictures of any size as (height, width, channels), and the number of each one's class as "label"
// (i32) if there are any. `limit`, for all of them: RecordFiles.
RecordDecoderPtr picture_decoder(ImageLoading loading, std::vector<int64_t> labels);

struct CsvRowOptions {
  char delimiter = ',';
  std::vector<std::string> names;   // of all columns of the file, in order
  std::vector<std::string> labels;  // columns that are rows' own, in this order; others: features
  std::map<std::string, DType> dtypes;                      // of labels: f32 or i32
  std::map<std::string, std::vector<std::string>> classes;  // of a label that is text
};
// "features" (n,), f32, of the columns that are no label, and each label as (). A cell that is no
// finite number is an error, and in an i32 label one that is not whole.
RecordDecoderPtr csv_decoder(CsvRowOptions options);

}  // namespace tutti
