// A page of HTML that needs nothing beside itself, and the pictures in it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "launch/drawing/picture.h"

namespace tutti {

class Page {
 public:
  explicit Page(std::string title) : title_(std::move(title)) {}

  // All texts are plain: they are escaped here.
  void lead(const std::string& text);                            // below the title
  void fact(const std::string& value, const std::string& name);  // a large number in the head
  void section(const std::string& title, const std::string& text = "");
  void paragraph(const std::string& text);
  void note(const std::string& title, const std::string& text, const std::string& remedy);
  void good(const std::string& text);
  void table(const std::vector<std::string>& head,
             const std::vector<std::vector<std::string>>& rows);
  // A picture and what is to be seen in it; `name` is that of its files.
  void figure(const std::string& name, drawing::Picture picture, const std::string& caption = "",
              bool wide = false);
  void folded(const std::string& title, const std::string& text);  // text as it is, to be opened
  void foot(const std::string& text);

  std::string html() const;
  const std::vector<std::pair<std::string, drawing::Picture>>& pictures() const {
    return pictures_;
  }

 private:
  void in_grid(bool inside);

  std::string title_, lead_, facts_, body_, foot_;
  bool grid_ = false;
  std::vector<std::pair<std::string, drawing::Picture>> pictures_;
};

}  // namespace tutti
