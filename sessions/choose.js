/*lockstep:choose*/ // Sets the value of a field that is chosen, not typed: a list, a date, a colour. Returns why
// it cannot be set, empty where it is set.
((selector, text) => {
	const field = document.querySelector(selector);
	let value = text;
	if (field.tagName === 'SELECT') {
		const option = [...field.options].find(o => !o.disabled && (o.label.trim() === text || o.value === text));
		if (!option) return 'the list has no option';
		value = option.value;
	}
	const before = field.value;
	field.value = value;
	if (field.value === '' && value !== '') {
		field.value = before;
		return `a field of type ${field.type} does not take`;
	}
	field.dispatchEvent(new Event('input', { bubbles: true }));
	field.dispatchEvent(new Event('change', { bubbles: true }));
	return '';
})
