// Sets the value of a field that is chosen, not typed: a list, a date, a colour. Returns false where a list
// has no such option, by label or by value.
((selector, text) => {
	const field = document.querySelector(selector);
	if (field.tagName === 'SELECT') {
		const option = [...field.options].find(o => o.label.trim() === text || o.value === text);
		if (!option) return false;
		field.value = option.value;
	} else {
		field.value = text;
	}
	field.dispatchEvent(new Event('input', { bubbles: true }));
	field.dispatchEvent(new Event('change', { bubbles: true }));
	return true;
})
