// Slurm's short forms for many nodes and many numbers. Pure, and bounded: what they stand for may
// be far longer than they are.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tutti::slurm {

constexpr size_t kMostNodes = 65'536;
constexpr size_t kMostListText = size_t{1} << 20;  // bytes

// "n[0-3,7],rack[1-2]x[01-02],m" -> n0, n1, n2, n3, n7, rack1x01, rack1x02, rack2x01, rack2x02, m.
// Leading zeros stay. Names are letters, digits, '.', '-' and '_', and do not begin with '-'.
// Throws Error (world) beginning with [where].
std::vector<std::string> expand_node_list(std::string_view text, const std::string& where);

// "2(x3),1" -> 2, 2, 2, 1. Throws as above.
std::vector<int> expand_counts(std::string_view text, const std::string& where);

}  // namespace tutti::slurm
