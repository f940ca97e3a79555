// The browser's part of ui/build/curve.py: Streamlit lets no SVG through that is not in an image, and an
// image knows neither the theme nor the mouse.

const drawn = new WeakMap()

export default function ({ parentElement, data }) {
  let place = drawn.get(parentElement)
  if (!place) {
    place = parentElement.appendChild(document.createElement("div"))
    drawn.set(parentElement, place)
  }
  // All of it is escaped where it is made.
  place.innerHTML = data.html
  return () => {
    place.remove()
    drawn.delete(parentElement)
  }
}
