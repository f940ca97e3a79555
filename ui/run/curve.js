// The browser's part of ui/run/curve.py: Streamlit lets no SVG through that is not in an image, and an
// image knows neither the theme nor the mouse.

const drawn = new WeakMap()

export default function ({ parentElement, data }) {
  let place = drawn.get(parentElement)
  if (!place) {
    place = parentElement.appendChild(document.createElement("div"))
    drawn.set(parentElement, place)
  }
  if (place.said !== data.html) draw(place, data.html)
  return () => {
    place.remove()
    drawn.delete(parentElement)
  }
}

// What was unfolded stays so, and so does the focus.
function draw(place, html) {
  const named = name => [...place.querySelectorAll(`details${name}`)]
  const unfolded = named("[open]").map(details => details.dataset.name)
  const focused = place.contains(document.activeElement) && document.activeElement.parentElement.dataset.name
  // All of it is escaped where it is made.
  place.innerHTML = place.said = html
  for (const details of named("")) {
    details.open = unfolded.includes(details.dataset.name)
    if (details.dataset.name === focused) details.firstElementChild.focus()
  }
}
