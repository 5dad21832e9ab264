/**
 * All the behaviour a page has: the light and dark button, and tables that sort by the column whose heading is pressed.
 * Without it, a page still shows everything.
 */
export const SCRIPT = `
const root = document.documentElement;
document.querySelector('button.theme').addEventListener('click', () => {
  const dark = root.style.colorScheme ? root.style.colorScheme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.style.colorScheme = dark ? 'light' : 'dark';
});
for (const button of document.querySelectorAll('th button')) {
  button.addEventListener('click', () => {
    const heading = button.closest('th');
    const body = heading.closest('table').tBodies[0];
    const column = [...heading.parentNode.children].indexOf(heading);
    const ascending = heading.getAttribute('aria-sort') !== 'ascending';
    const valueOf = (row) => row.children[column].dataset.value ?? row.children[column].textContent;
    const compare = (a, b) => {
      const [left, right] = [valueOf(a), valueOf(b)];
      if (left === '' || right === '') return left === right ? 0 : left === '' ? 1 : -1;
      const difference = Number(left) - Number(right);
      return (Number.isNaN(difference) ? left.localeCompare(right) : difference) * (ascending ? 1 : -1);
    };
    for (const other of heading.parentNode.children) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', ascending ? 'ascending' : 'descending');
    body.append(...[...body.rows].sort(compare));
  });
}
`;
