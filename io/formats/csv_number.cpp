#include "io/formats/csv_number.h"

#include <charconv>
#include <system_error>

namespace tutti {

std::string_view trimmed_cell(std::string_view cell) {
  while (!cell.empty() && (cell.front() == ' ' || cell.front() == '\t')) cell.remove_prefix(1);
  while (!cell.empty() && (cell.back() == ' ' || cell.back() == '\t')) cell.remove_suffix(1);
  return cell;
}

CellKind parse_cell(std::string_view cell, double& value) {
  cell = trimmed_cell(cell);
  if (cell.starts_with('+') && !cell.starts_with("+-")) cell.remove_prefix(1);
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (error == std::errc::result_out_of_range && end == cell.data() + cell.size())
    return CellKind::out_of_range;
  return error == std::errc() && end == cell.data() + cell.size() ? CellKind::number
                                                                  : CellKind::not_number;
}

}  // namespace tutti
