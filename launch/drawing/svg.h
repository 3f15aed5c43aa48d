// A Picture as SVG 1.1 text.
#pragma once

#include <string>

#include "launch/drawing/picture.h"

namespace tutti::drawing {

// A file of its own: it brings its colours, those for dark paper too.
std::string to_svg(const Picture& picture);
// An <svg> for a page that has ink_rules(), as large as it was drawn.
std::string to_inline_svg(const Picture& picture);
// The colours as CSS: of light paper, and of dark where the reader prefers it.
std::string ink_rules();

std::string escaped(const std::string& text);  // for SVG and HTML, text and attributes
std::string base64(const std::string& bytes);

}  // namespace tutti::drawing
