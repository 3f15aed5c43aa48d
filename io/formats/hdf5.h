// HDF5: a tree of groups and datasets with attributes, as far as Keras's files use it (HDF5 File
// Format Specification, version 3.0).
//
// Both kinds of groups are read (symbol tables, and links in object headers), datasets that lie in
// one piece, and attributes of text. What a file of weights does not need is refused by name:
// external and soft links, external and virtual storage, chunks and filters, shared messages,
// dense storage of links or attributes. So nothing but the bytes given is ever read.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor/tensor.h"

namespace tutti {

struct Hdf5Attribute {
  std::vector<std::string> texts;  // empty for an attribute of anything else
  bool scalar = false;             // written as one text, not as a list of one
};

struct Hdf5Object {
  std::map<std::string, Hdf5Attribute> attributes;
  Tensor data;                                 // of a dataset; undefined for a group
  std::map<std::string, Hdf5Object> children;  // of a group

  bool is_group() const { return !data.defined(); }
  // By a path from here, "layers/dense/vars"; null if there is none.
  const Hdf5Object* find(std::string_view path) const;
  Hdf5Object& make(std::string_view path);  // the groups on the way too
  // The only text of an attribute; null if there is none.
  const std::string* text(const std::string& name) const;
};

// Every address, size and count is checked against the bytes present before it is used; no object
// is read twice, groups nest at most 64 deep, and what is kept is at most as large as the file.
// Throws Error (data) naming the file and where in it.
Hdf5Object parse_hdf5(std::string_view bytes, const std::string& where);

// The same tree always gives the same bytes. Throws for text attributes whose list is longer than a
// header message takes (4,000), which Keras splits in parts.
std::string write_hdf5(const Hdf5Object& root);

}  // namespace tutti
