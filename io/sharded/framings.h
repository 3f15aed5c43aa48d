// How each kind of data file holds its records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/formats/array_layout.h"
#include "io/sharded/data_index.h"

namespace tutti {

// Records with their frames, whose sums are compared when a record is read.
std::shared_ptr<const RecordFraming> tfrecord_framing();
// Lines that end in \n or \r\n or with the file, without their ends; empty ones are none.
std::shared_ptr<const RecordFraming> line_framing();
// The records of CSV as CsvRecords reads them: a quoted cell may hold line ends. `header`: the
// first record is none.
std::shared_ptr<const RecordFraming> csv_framing(char delimiter, bool header);
// The cells of the first record; empty where the file has none.
std::vector<std::string> csv_first_record(const DataFile& file, char delimiter);

enum class ArrayKind { npy, npz, idx };
// The rows of an array. `member`: of an .npz file, which of its arrays.
std::shared_ptr<const RecordFraming> array_framing(ArrayKind kind, const std::string& member = "");
// Where they are in this file. Throws, naming it, for an array without an axis of rows or with
// nothing in them, in column-major order, compressed, or not whole.
ArrayLayout array_layout(const DataFile& file, ArrayKind kind, const std::string& member = "");

}  // namespace tutti
